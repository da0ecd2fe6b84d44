/** The agent pack that new runs of an agent start with: what the newest signed activation says, no file and no default. */
import type { ControlBody } from '../core/contracts/control.ts';
import { type PackBody, packBodySchema } from '../core/contracts/pack.ts';
import { CountersignError, hasErrorCode } from '../core/errors.ts';
import { readControl } from '../store/read-control.ts';
import type { GatewayContext } from './options.ts';

export interface ActivePack {
  packDigest: string;
  policyDigest: string;
  body: PackBody;
}

type PackReader = Pick<GatewayContext, 'store' | 'keys' | 'audience'>;
type Activation = Extract<ControlBody, { kind: 'policy-activation' }>;

/** @throws {CountersignError} `not-found` no such agent; `pack-invalid` its body is gone or of another shape */
export async function findActivePack(reader: PackReader, agent: string): Promise<ActivePack> {
  const active = await activationOf(reader, agent);
  if (!active) {
    throw new CountersignError(
      'not-found',
      `Cannot start agent "${agent}": no pack of that name is active, expected an active one; start Countersign with its folder`,
    );
  }
  const { packDigest, policyDigest } = active;
  const body = await packBody(reader, packDigest);
  if (body?.name !== agent) {
    throw new CountersignError(
      'pack-invalid',
      `Cannot start agent "${agent}": the store has no pack of this name as "${packDigest}", expected the activated one; activate it again`,
    );
  }
  return { packDigest, policyDigest, body };
}

/** The newest verified activation for an agent. */
export async function activationOf(
  { store, keys, audience }: PackReader,
  agent: string,
): Promise<Activation | undefined> {
  const activations = await readControl({ store, registry: keys.registry, audience }, ['policy-activation']);
  return activations.findLast((activation) => activation.agent === agent);
}

async function packBody({ store }: PackReader, digest: string): Promise<PackBody | undefined> {
  try {
    const text = await store.getBody(digest);
    return text === null ? undefined : packBodySchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError || hasErrorCode(error, 'record-invalid')) return undefined;
    throw error;
  }
}
