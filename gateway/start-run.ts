/**
 * Signs the ticket of a new run and starts it. With an idempotency key the run's id follows from key and principal, so
 * that a retry meets the run it had started; it can never start two.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { RunStarted, StartRunRequest } from '../client/gateway-schemas.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import type { SignedTicket, TicketBody } from '../core/contracts/ticket.ts';
import { digestText } from '../core/digest.ts';
import { sealEnvelope } from '../core/envelope.ts';
import { CountersignError, hasErrorCode } from '../core/errors.ts';
import { findActivePack } from './active-pack.ts';
import { allKeys, type Credential, type VotingKey } from './credentials.ts';
import { knownStart } from './known-start.ts';
import type { GatewayContext } from './options.ts';
import { layersToPin } from './policy-layers.ts';
import { refuseSecrets } from './refuse-secrets.ts';

/** Beyond this a chain of keys is nobody's honest doing, and the first makers are behind it all the same. */
const mostOwners = 50;

export async function startRun(
  gateway: GatewayContext,
  caller: Credential,
  request: StartRunRequest,
  idempotencyKey: string | undefined,
): Promise<RunStarted> {
  await refuseSecrets(gateway, 'the input', request.input);
  // A name's form is that of many a token.
  if (request.onBehalfOf !== undefined) await refuseSecrets(gateway, 'for whom it is', request.onBehalfOf);
  if (idempotencyKey === undefined) return await start(gateway, caller, request, `run-${randomUUID()}`);
  const workflowId = workflowIdOf(gateway, caller.principal, idempotencyKey);
  const known = await startedBefore(gateway, caller, request, workflowId);
  if (known) return known;
  try {
    return await start(gateway, caller, request, workflowId);
  } catch (error) {
    // The same request at the same time.
    const lostRace = hasErrorCode(error, 'conflict');
    const winner = lostRace ? await startedBefore(gateway, caller, request, workflowId) : undefined;
    if (winner) return winner;
    throw error;
  }
}

async function start(
  gateway: GatewayContext,
  caller: Credential,
  request: StartRunRequest,
  workflowId: string,
): Promise<RunStarted> {
  const ticket = await sealTicket(gateway, caller, request, workflowId);
  const { linkRunId } = await gateway.door.startRun({ ticket, input: request.input, flow: null });
  return { workflowId, linkRunId, repeated: false };
}

async function sealTicket(
  gateway: GatewayContext,
  caller: Credential,
  request: StartRunRequest,
  workflowId: string,
): Promise<SignedTicket> {
  const { packDigest, policyDigest, body: pack } = await findActivePack(gateway, request.agent);
  const layers = await layersToPin(gateway, request.agent);
  const owners = await ownersOf(gateway, caller);
  const body: TicketBody = {
    namespace: gateway.namespace,
    workflowId,
    nonce: randomUUID(),
    principal: caller.principal,
    roles: caller.roles,
    onBehalfOf: request.onBehalfOf ?? null,
    ...(owners.length > 0 ? { owners } : {}),
    agent: request.agent,
    environment: pack.environment,
    packDigest,
    policyDigest,
    ...(layers.length > 0 ? { layers } : {}),
    inputDigest: digestText('input', request.input),
    inputLabels: pack.inputLabels,
    taskQueues: gateway.taskQueuesFor(request.agent),
    dryRun: request.dryRun ?? false,
    limits: pack.limits,
    parent: null,
    root: workflowId,
    depth: 0,
  };
  const issuedAt = gateway.clock.now();
  const expiresAt = issuedAt + gateway.ticketLifeMs;
  return sealEnvelope(gateway.keys.signer('ticket'), 'ticket', gateway.audience, body, { issuedAt, expiresAt });
}

/**
 * Who is behind the caller's key, besides the caller: whoever made it, and whoever made the key that it was made with. For a
 * service account these are its owners; for a person they could have used the key. The chain ends at a secret that a person made
 * themselves: whoever enrolled it could not have used it, and where one administrator enrols everybody, nobody would be left to answer.
 */
async function ownersOf(gateway: GatewayContext, caller: Credential): Promise<string[]> {
  const owners = new Set<string>();
  const keys = await allKeys(gateway);
  const seen = new Set<string>();
  for (let key: VotingKey | undefined = caller; key && !seen.has(key.keyId) && owners.size < mostOwners; ) {
    if (key.person && key.madeByBearer) break;
    seen.add(key.keyId);
    owners.add(key.mintedBy);
    key = key.mintedWith === undefined ? undefined : keys.get(key.mintedWith);
  }
  owners.delete(caller.principal);
  return [...owners].toSorted();
}

/** A UUID (version 8: its bits are ours) of who asks and the key they chose. */
function workflowIdOf({ audience, namespace }: GatewayContext, principal: string, idempotencyKey: string): string {
  const name = canonicalJson(['countersign/v1/idempotent-start', audience, namespace, principal, idempotencyKey]);
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `run-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** @throws {CountersignError} `conflict` when the key was used for another request */
async function startedBefore(
  gateway: GatewayContext,
  caller: Credential,
  request: StartRunRequest,
  workflowId: string,
): Promise<RunStarted | undefined> {
  const known = await knownStart(gateway, workflowId);
  if (!known) return undefined;
  const { ticket, linkRunId } = known;
  const same =
    ticket?.principal === caller.principal &&
    ticket.agent === request.agent &&
    ticket.inputDigest === digestText('input', request.input) &&
    ticket.onBehalfOf === (request.onBehalfOf ?? null) &&
    ticket.dryRun === (request.dryRun ?? false);
  if (same) return { workflowId, linkRunId, repeated: true };
  throw new CountersignError(
    'conflict',
    'Cannot start a run: its idempotency key was used for another request, expected the same request again; use a new key',
  );
}
