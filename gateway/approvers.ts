/**
 * Whether somebody may answer a request, judged before anything is signed. The gate judges again; here a refusal costs
 * nothing and says why. Requesters, and keys that requesters made for others, do not answer their own requests.
 */
import type { TicketBody } from '../core/contracts/ticket.ts';
import { CountersignError } from '../core/errors.ts';
import { type CompiledPolicy, isEligibleApprover, loadPolicy, rolesOf } from '../policy/index.ts';
import { activationOf } from './active-pack.ts';
import type { Credential } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import type { OpenedAsk } from './verified.ts';

export type MayAnswer = { kind: 'may'; roles: string[] } | { kind: 'may-not'; reason: string };

const cachedPolicies = 64;

export interface ApproverCheck {
  mayAnswer(ask: OpenedAsk, ticket: TicketBody, caller: Credential): Promise<MayAnswer>;
}

export function createApproverCheck(gateway: Pick<GatewayContext, 'store' | 'keys' | 'audience'>): ApproverCheck {
  const cache = new Map<string, CompiledPolicy>();
  return {
    async mayAnswer(ask, ticket, caller) {
      if (!caller.person) return { kind: 'may-not', reason: 'a service account cannot answer' };
      const { terms } = ask.body.ask;
      const requesters = requestersOf(ask, ticket);
      if (!terms.requesterMayApprove && caller.mintedBy !== caller.principal && requesters.includes(caller.mintedBy)) {
        return { kind: 'may-not', reason: 'its key was made by the requester' };
      }
      const active = await activationOf(gateway, ticket.agent);
      // Where layers above ask, the gate's ask says by whose roles; it judges again, by what is in force then.
      const usual = [ask.body.policyDigest, ask.body.activePolicyDigest, active?.policyDigest];
      const digests = new Set<string | undefined>(ask.body.approverPolicies ?? usual);
      let roles: string[] | undefined;
      for (const digest of digests) {
        if (digest === undefined) continue;
        const policy = await policyByDigest(gateway, cache, digest);
        if (!policy) return { kind: 'may-not', reason: 'a policy of the run is not in the store' };
        const held = rolesOf(policy, caller.principal, caller.roles);
        const eligibility = isEligibleApprover(terms, { principal: caller.principal, roles: held }, requesters);
        if (!eligibility.eligible) return { kind: 'may-not', reason: eligibility.reason };
        roles ??= held;
      }
      return { kind: 'may', roles: roles ?? [] };
    },
  };
}

/** From the ticket, the gate's decision and its card: a changed row cannot make a requester disappear. */
function requestersOf({ body, card }: OpenedAsk, ticket: TicketBody): string[] {
  const behalf = [ticket.onBehalfOf, card.onBehalfOf].filter((one) => one !== null);
  return [...new Set([ticket.principal, body.principal, card.requester, ...behalf])];
}

async function policyByDigest(
  { store }: Pick<GatewayContext, 'store'>,
  cache: Map<string, CompiledPolicy>,
  digest: string,
): Promise<CompiledPolicy | undefined> {
  const cached = cache.get(digest);
  if (cached) return cached;
  const loaded = loadPolicy((await bodyOrEmpty(store, digest)) ?? '', digest);
  if (loaded.kind === 'invalid') return undefined;
  const oldest = cache.size >= cachedPolicies ? cache.keys().next().value : undefined;
  if (oldest !== undefined) cache.delete(oldest);
  cache.set(digest, loaded.policy);
  return loaded.policy;
}

/** A body that does not match its digest is as good as none. */
async function bodyOrEmpty(store: GatewayContext['store'], digest: string): Promise<string | null> {
  try {
    return await store.getBody(digest);
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'record-invalid') return null;
    throw error;
  }
}
