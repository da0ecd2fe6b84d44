/**
 * Which policies count for the guards of a run beside its calls. Whoever may read control records asks the gate's own list;
 * the other workers go by digests that are signed. None count where one is missing, because the gate then allows nothing.
 */
import type { PermitBody } from '../core/contracts/decision.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import { type CompiledPolicy, type GuardSettings, guardSettings } from '../policy/index.ts';
import { readPolicies } from './check-call/read-policies.ts';
import type { PolicySource } from './policy-source.ts';

/** Pinned and active, of every layer. */
export async function policiesOf(policies: PolicySource, ticket: TicketBody): Promise<CompiledPolicy[]> {
  const asked = await readPolicies({ policies }, ticket);
  return asked.kind === 'policies' ? asked.enforced.map(({ policy }) => policy) : [];
}

/** As the policies say that the run pinned: model and record workers have no right to read which ones are active. */
export async function pinnedSettings(policies: PolicySource, ticket: TicketBody): Promise<GuardSettings> {
  return await settingsBy(policies, [ticket.policyDigest, ...digestsOf(ticket.layers)]);
}

/** As those policies say that the permit rests on. */
export async function permittedSettings(policies: PolicySource, permit: PermitBody): Promise<GuardSettings> {
  return await settingsBy(policies, [permit.policyDigest, permit.activePolicyDigest, ...digestsOf(permit.layers)]);
}

async function settingsBy(source: PolicySource, digests: readonly string[]): Promise<GuardSettings> {
  const found = await Promise.all([...new Set(digests)].map(async (digest) => await source.policyByDigest(digest)));
  return guardSettings(found.some((one) => one === undefined) ? [] : found.filter((one) => one !== undefined));
}

function digestsOf(layers: readonly { policyDigest: string }[] = []): string[] {
  return layers.map(({ policyDigest }) => policyDigest);
}
