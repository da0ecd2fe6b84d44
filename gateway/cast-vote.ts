/**
 * Signs a vote, stores it, signals it, and asks the run what it came to. Stored first: a reset, or a gateway that dies
 * before it signals, drops no denial. The time in it is this gateway's clock; late votes are kept as evidence, not sent.
 */
import type { VoteRequest, VoteResult } from '../client/gateway-schemas.ts';
import { outcomeSchema, type SignedVote, type VoteBody } from '../core/contracts/approval.ts';
import type { VoteStatus } from '../core/contracts/run.ts';
import { whyNotShown } from '../core/card/why-not-shown.ts';
import { digestJson } from '../core/digest.ts';
import { sealEnvelope } from '../core/envelope.ts';
import { CountersignError } from '../core/errors.ts';
import { type Answerable, cannot, requireAnswerable } from './answerable.ts';
import type { ApproverCheck } from './approvers.ts';
import { requireOneClock } from './clock-check.ts';
import { unconfirmed } from './confirm-ask.ts';
import type { GatewayContext } from './options.ts';
import type { Caller } from './sessions.ts';
import type { OpenedAsk } from './verified.ts';

/** In all, for the run to say what became of the vote, ms. */
const usualAnswerMs = 2500;
const betweenQuestionsMs = 40;

/** What somebody answered, from whatever channel: all channels come through `castVote`. */
export interface Ballot extends Omit<VoteRequest, 'channel'> {
  cardDigest: string;
  /** @default api */
  channel?: VoteBody['channel'] | undefined;
  idempotencyKey?: string | undefined;
  /** How long the run may take to say what became of the vote, ms. @default 2500 */
  answerWithinMs?: number;
}

/**
 * @throws {CountersignError} see `requireAnswerable`; `conflict` late, no longer asked, or an idempotency key of another vote;
 * `forbidden` from a channel that cannot show the card; `clock-skew`
 */
export async function castVote(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Caller,
  nonce: string,
  request: Ballot,
): Promise<VoteResult> {
  const { cardDigest, reason = null } = request;
  const answerable = await requireAnswerable(gateway, approvers, caller, { nonce, kind: 'call', cardDigest, reason });
  requireShown(answerable.ask, request);
  await requireOneClock(gateway);
  const { ask, run } = answerable;
  const vote = sealVote(gateway, caller, answerable, request);
  const digest = digestJson('vote', vote);
  const { castAt } = vote.body;
  const late = whyLate(answerable, castAt);
  const refusal = late === undefined ? await unconfirmed(gateway, ask, run) : undefined;
  if (refusal !== undefined) throw cannot('conflict', ask, refusal, 'a run that waits for it', 'list the open ones');

  const stored = await gateway.store.storeVote(vote, digest);
  if (stored.kind === 'duplicate') {
    const { digest: firstDigest, vote: first } = stored.first;
    if (isRepeated(ask, first.body, vote.body)) {
      return { ...(await follow(gateway, ask, firstDigest, first.body.castAt, request)), repeated: true };
    }
    return { ...noOutcome, status: 'duplicate', voteDigest: firstDigest, castAt: first.body.castAt };
  }
  if (late !== undefined) {
    // Evidence, and marked so that nobody sends it later as if it were fresh.
    await gateway.store.markVoteSignalled(digest);
    throw cannot(
      'conflict',
      ask,
      `the vote is late (${late}) and kept as evidence`,
      'a vote in time',
      'list the open ones',
    );
  }
  if (!(await signalled(gateway, ask.row.workflowId, vote, digest))) {
    return { status: 'recorded', voteDigest: digest, castAt };
  }
  return await follow(gateway, ask, digest, castAt, request);
}

/** A retry of the request that cast the first vote. @throws {CountersignError} `conflict`: its key, and another vote */
function isRepeated(ask: OpenedAsk, first: VoteBody, again: VoteBody): boolean {
  if (again.requestKey === undefined || first.requestKey !== again.requestKey) return false;
  if (first.verdict === again.verdict && first.reason === again.reason) return true;
  const is = 'its idempotency key was used for another vote';
  throw cannot('conflict', ask, is, 'the same vote again', 'use a new key');
}

/** A denial needs no full view: it stops something. */
function requireShown(ask: OpenedAsk, { verdict, channel = 'api' }: Ballot): void {
  const reason = verdict === 'approve' ? whyNotShown(ask.card, channel) : undefined;
  if (reason === undefined) return;
  throw cannot(
    'forbidden',
    ask,
    reason,
    'a channel that shows the card whole',
    'open it in the inbox or the terminal, or deny it',
  );
}

const noOutcome = { outcome: null, reason: null };

function sealVote(
  { keys, audience, clock }: GatewayContext,
  caller: Caller,
  { ask, roles }: Answerable,
  request: Ballot,
): SignedVote {
  const castAt = clock.now();
  const body: VoteBody = {
    nonce: ask.row.nonce,
    callKey: ask.body.callKey,
    askDigest: ask.row.askDigest,
    cardDigest: ask.body.ask.cardDigest,
    termsDigest: ask.body.ask.termsDigest,
    verdict: request.verdict,
    principal: caller.principal,
    roles,
    authenticated: {
      method: 'api-key',
      credentialId: caller.keyId,
      mintedBy: caller.mintedBy,
      ...(caller.via === undefined ? {} : { via: caller.via }),
    },
    channel: request.channel ?? 'api',
    castAt,
    reason: request.reason ?? null,
    ...(request.idempotencyKey === undefined
      ? {}
      : { requestKey: digestJson('idempotency', [caller.principal, request.idempotencyKey]) }),
  };
  return sealEnvelope(keys.signer('vote'), 'vote', audience, body, { issuedAt: castAt });
}

function whyLate({ ask, run }: Answerable, castAt: number): string | undefined {
  if (castAt > ask.body.ask.deadlineAt) return 'its deadline has passed';
  if (ask.row.outcome !== null) return `the request is ${ask.row.outcome}`;
  if (run.closedAt !== null) return 'its run has ended';
  if (run.runEpoch !== ask.row.runEpoch) return 'its run was reset since it asked';
  return undefined;
}

/** False: stored, and sent when the server is back. */
async function signalled(
  { door, store, logger }: GatewayContext,
  workflowId: string,
  vote: SignedVote,
  digest: string,
): Promise<boolean> {
  try {
    await door.signal(workflowId, 'vote', vote);
    await store.markVoteSignalled(digest);
    return true;
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : 'internal-fault';
    logger.warn({ workflowId, voteDigest: digest, code }, 'a stored vote is not signalled yet');
    return false;
  }
}

async function follow(
  gateway: GatewayContext,
  { row: { nonce, workflowId } }: OpenedAsk,
  voteDigest: string,
  castAt: number,
  { answerWithinMs = usualAnswerMs }: Ballot,
): Promise<VoteResult> {
  const status = await statusInTime(gateway, workflowId, voteDigest, answerWithinMs);
  const receipt = { voteDigest, castAt };
  switch (status?.status) {
    case 'applied': {
      const said = outcomeSchema.safeParse(status.outcome).data;
      const outcome = said ?? (await gateway.store.getAsk(nonce))?.outcome ?? null;
      return { status: 'applied', outcome, reason: null, ...receipt };
    }
    case 'rejected':
      return { status: 'rejected', outcome: null, reason: status.reason, ...receipt };
    case 'late':
    case 'duplicate':
      return { status: status.status, ...noOutcome, ...receipt };
    default:
      return { status: 'recorded', ...receipt };
  }
}

/** Undefined where the run did not say in time: the vote is stored and on its way all the same. */
async function statusInTime(
  { door }: GatewayContext,
  workflowId: string,
  digest: string,
  answerWithinMs: number,
): Promise<VoteStatus | undefined> {
  const until = performance.now() + answerWithinMs;
  for (;;) {
    const leftMs = Math.floor(until - performance.now());
    if (leftMs <= 0) return undefined;
    const status = await door.voteStatus(workflowId, digest, leftMs).catch(() => undefined);
    if (!status || (status.status !== 'checking' && status.status !== 'unknown')) return status;
    await new Promise((resolve) => setTimeout(resolve, betweenQuestionsMs));
  }
}
