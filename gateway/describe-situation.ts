/** What stands around a card while its request waits: time, votes, what the run took, and the last approved call like it. */
import type { ApprovalView } from '../client/gateway-schemas.ts';
import type { CardSituation } from '../core/card/lay-out-card.ts';
import { votesSoFar } from '../core/card/votes-so-far.ts';
import { type SignedVote, signedVoteSchema } from '../core/contracts/approval.ts';
import { openEnvelope } from '../core/envelope.ts';
import { costOf } from '../policy/index.ts';
import type { FoundAsk } from './answerable.ts';
import { createApproverCheck } from './approvers.ts';
import { lastApproved } from './last-approved.ts';
import type { GatewayContext } from './options.ts';
import { storedPolicy } from './stored-policies.ts';
import { readFreeze } from '../store/read-control.ts';
import type { StoredVote } from '../store/store.ts';
import type { OpenedAsk } from './verified.ts';
import { votesThatCount } from './votes-that-count.ts';

/** Everything, for one request that somebody looks at, as `findAsk` found it. */
export async function describeSituation(
  gateway: GatewayContext,
  { ask, ticket, votes }: Pick<FoundAsk, 'ask' | 'ticket' | 'votes'>,
): Promise<CardSituation> {
  const approvers = createApproverCheck(gateway).atOnce();
  const [shown, more, frozen] = await Promise.all([
    votesThatCount(approvers, ask, ticket, verifiedVotes(gateway, votes)),
    beyondLists(gateway, ask),
    isFrozen(gateway),
  ]);
  return { ...situationOf(gateway, ask, shown), ...more, frozen };
}

/** What costs a look of its own, and so stands beside one request and in no list. */
export async function beyondLists(
  gateway: GatewayContext,
  ask: OpenedAsk,
): Promise<Pick<CardSituation, 'lastApproved' | 'spent'>> {
  const [last, spent] = await Promise.all([lastApproved(gateway, ask), spentSoFar(gateway, ask)]);
  return { lastApproved: last, spent };
}

/** Whoever answers meanwhile is told that nothing starts by it yet. */
export async function isFrozen({ store, keys, audience }: GatewayContext): Promise<boolean> {
  return (await readFreeze({ store, audience, registry: keys.registry })).frozen;
}

/** What costs nothing more than the votes, for lists. */
export function situationOf(
  { clock }: GatewayContext,
  { body }: OpenedAsk,
  votes: ApprovalView['votes'],
): CardSituation {
  const { cardDigest, terms } = body.ask;
  return { now: clock.now(), cardDigest, votes: votesSoFar(votes, terms) };
}

/** Those that verify; whether they count is the gate's to say. */
export function verifiedVotes(
  { keys, audience }: Pick<GatewayContext, 'keys' | 'audience'>,
  stored: readonly StoredVote[],
): SignedVote[] {
  const options = { schema: signedVoteSchema, audience, registry: keys.registry, now: null };
  const votes = stored.map(({ vote }) => openEnvelope(vote, options));
  return votes.flatMap((opened) => (opened.kind === 'rejected' ? [] : [opened.signed]));
}

async function spentSoFar(
  gateway: GatewayContext,
  { row, body }: OpenedAsk,
): Promise<NonNullable<CardSituation['spent']>> {
  const { workflowId, linkRunId, callKey, try: tryNumber } = row;
  const { admitted, counted } = await gateway.store.gateState({
    workflowId,
    linkRunId,
    callKey,
    turn: 0,
    try: tryNumber,
  });
  const sum = (of: 'input' | 'output') => counted.usage.reduce((total, one) => total + one[of], 0);
  const tokens = { calls: admitted.run, inputTokens: sum('input'), outputTokens: sum('output') };
  const policy = await storedPolicy(gateway, body.policyDigest);
  if (!policy || policy.prices.size === 0) return tokens;
  const cost = costOf(policy, counted.usage);
  return { ...tokens, cost: Number.isFinite(cost) ? cost : null };
}
