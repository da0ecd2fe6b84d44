/**
 * Grants as people see them: from their signed records, with the votes that verify and the uses that were taken. What a state
 * says is read for people; each call's gate judges by itself.
 */
import type { GrantView, ProposedGrantView } from '../../client/grant-schemas.ts';
import { signedVoteSchema } from '../../core/contracts/approval.ts';
import type { Grant } from '../../core/contracts/grant.ts';
import type { VoteEvidence } from '../../core/approval.ts';
import { openEnvelope } from '../../core/envelope.ts';
import { decideGrant, grantDigestOf } from '../../core/grant/decide-grant.ts';
import { grantLines } from '../../core/grant/grant-words.ts';
import { CountersignError } from '../../core/errors.ts';
import { type KnownGrant, readGrants } from '../../store/read-grants.ts';
import type { StoredVote } from '../../store/store.ts';
import type { GatewayContext } from '../options.ts';

export interface GrantFilter {
  /** Only what is proposed or standing. */
  live: boolean;
  workflowId?: string | undefined;
  agent?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listGrants(gateway: GatewayContext, filter: GrantFilter): Promise<GrantView[]> {
  const { live, workflowId, agent, limit } = filter;
  const views: GrantView[] = [];
  for (const known of (await allGrants(gateway)).toReversed()) {
    const { grant, revoked } = known;
    if (workflowId !== undefined && grant.request.workflowId !== workflowId) continue;
    if (agent !== undefined && grant.agent !== agent) continue;
    if (live && (revoked !== null || grant.expiresAt < gateway.clock.now())) continue;
    const view = await viewOf(gateway, known);
    if (!live || view.state === 'proposed' || view.state === 'standing') views.push(view);
    if (views.length >= limit) break;
  }
  return views;
}

/** @throws {CountersignError} `not-found` */
export async function showGrant(gateway: GatewayContext, grantId: string): Promise<GrantView> {
  return await viewOf(gateway, await findGrant(gateway, grantId));
}

/** @throws {CountersignError} `not-found` */
export async function findGrant(gateway: GatewayContext, grantId: string): Promise<KnownGrant> {
  const found = (await allGrants(gateway)).find(({ grant }) => grant.grantId === grantId);
  if (found) return found;
  throw new CountersignError(
    'not-found',
    `Cannot find grant "${grantId}": there is none, expected the id of one; list them`,
  );
}

/** What was proposed for a request and not revoked, for whoever looks at its card. */
export async function grantsOfRequest(gateway: GatewayContext, nonce: string): Promise<ProposedGrantView[]> {
  const votes = new Map([[nonce, await gateway.store.votesByNonce(nonce)]]);
  return (await grantsOfRequests(gateway, [nonce], votes)).get(nonce) ?? [];
}

/** The same, of many requests whose stored votes were read: all grants are looked through once. */
export async function grantsOfRequests(
  gateway: GatewayContext,
  nonces: readonly string[],
  votesByNonce: ReadonlyMap<string, readonly StoredVote[]>,
): Promise<Map<string, ProposedGrantView[]>> {
  const found = new Map<string, ProposedGrantView[]>(nonces.map((nonce) => [nonce, []]));
  if (nonces.length === 0) return found;
  for (const { grant, revoked } of await allGrants(gateway)) {
    const views = found.get(grant.request.nonce);
    if (!views || revoked !== null) continue;
    const view = proposedView(grant, thatVerify(gateway, votesByNonce.get(grant.request.nonce) ?? []));
    if (view.approvals.length > 0) views.push(view);
  }
  return found;
}

async function allGrants({ store, keys, audience }: GatewayContext): Promise<KnownGrant[]> {
  return await readGrants({ store, registry: keys.registry, audience });
}

async function viewOf(gateway: GatewayContext, { grant, revoked }: KnownGrant): Promise<GrantView> {
  const { agent, environment, tool, scope, request, uses, grantedAt, expiresAt } = grant;
  const votes = await votesOf(gateway, request.nonce);
  const used = await gateway.store.grantUses(grant.grantId);
  return {
    ...proposedView(grant, votes),
    state: revoked === null ? await stateOf(gateway, grant, votes, used.length) : 'revoked',
    agent,
    environment,
    tool: tool.name,
    scope,
    workflowId: request.workflowId,
    nonce: request.nonce,
    quorum: request.terms.quorum,
    uses,
    grantedAt,
    expiresAt,
    used: used.map(({ number, callKey, try: tryNumber, at }) => ({ number, callKey, try: tryNumber, at })),
    revoked,
  };
}

function proposedView(grant: Grant, votes: readonly VoteEvidence[]): ProposedGrantView {
  const grantDigest = grantDigestOf(grant);
  const { statusByDigest } = decideGrant(grant, votes, { closed: false });
  const approvals = votes.filter(
    ({ digest, vote: { body } }) => body.grantDigest === grantDigest && statusByDigest[digest] === 'counted',
  );
  const withdrawn = new Set(
    votes.flatMap(({ vote: { body } }) => (body.withdraws === undefined ? [] : [body.withdraws])),
  );
  const takenBack = votes.filter(
    ({ digest, vote: { body } }) => body.grantDigest === grantDigest && withdrawn.has(digest),
  );
  return {
    grantId: grant.grantId,
    grantDigest,
    proposedBy: grant.proposedBy,
    approvals: approvals.map(({ vote }) => vote.body.principal),
    takenBack: takenBack.map(({ vote }) => vote.body.principal),
    lines: grantLines(grant),
  };
}

async function stateOf(
  { store, clock }: GatewayContext,
  grant: Grant,
  votes: readonly VoteEvidence[],
  used: number,
): Promise<GrantView['state']> {
  const now = clock.now();
  if (now > grant.expiresAt) return 'expired';
  // Once its request has an outcome nobody can add to it: what has too few votes by then never stands.
  const isOver = now > grant.request.deadlineAt || (await store.getAsk(grant.request.nonce))?.outcome !== null;
  const { outcome } = decideGrant(grant, votes, { closed: isOver });
  if (outcome === null) return 'proposed';
  if (outcome !== 'approved') return 'void';
  return used >= grant.uses ? 'used-up' : 'standing';
}

async function votesOf(gateway: GatewayContext, nonce: string): Promise<VoteEvidence[]> {
  return thatVerify(gateway, await gateway.store.votesByNonce(nonce));
}

function thatVerify({ keys, audience }: GatewayContext, stored: readonly StoredVote[]): VoteEvidence[] {
  const options = { schema: signedVoteSchema, audience, registry: keys.registry, now: null };
  return stored.flatMap(({ vote, digest }) => {
    const opened = openEnvelope(vote, options);
    return opened.kind === 'opened' ? [{ vote: opened.signed, digest, valid: true, eligible: true }] : [];
  });
}
