/**
 * Signs a vote, stores it, signals it, and asks the run what it came to. Stored first: a reset, or a gateway that dies
 * before it signals, drops no denial. The time in it is this gateway's clock; late votes are kept as evidence, not sent.
 */
import type { VoteRequest, VoteResult } from '../client/gateway-schemas.ts';
import { outcomeSchema, type SignedVote, type VoteBody } from '../core/contracts/approval.ts';
import type { VoteStatus } from '../core/contracts/run.ts';
import { digestJson } from '../core/digest.ts';
import { sealEnvelope } from '../core/envelope.ts';
import { CountersignError } from '../core/errors.ts';
import { type Answerable, cannot, requireAnswerable } from './answerable.ts';
import type { ApproverCheck } from './approvers.ts';
import { requireOneClock } from './clock-check.ts';
import { unconfirmed } from './confirm-ask.ts';
import type { Credential } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import type { OpenedAsk } from './verified.ts';

/** In all, for the run to say what became of the vote, ms. */
const answerWithinMs = 2500;
const betweenQuestionsMs = 40;

/** @throws {CountersignError} see `requireAnswerable`; `conflict` late or no longer asked; `clock-skew` */
export async function castVote(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Credential,
  nonce: string,
  request: VoteRequest,
): Promise<VoteResult> {
  const { verdict, cardDigest, reason = null, channel = 'api', confirmation, stop } = request;
  const asked = { nonce, kind: 'call' as const, cardDigest, reason, verdict, channel, confirmation };
  const answerable = await requireAnswerable(gateway, approvers, caller, asked);
  if (stop && verdict !== 'deny') {
    throw cannot(
      'input-invalid',
      answerable.ask,
      'only a denial ends the run',
      '"verdict": "deny"',
      'leave "stop" out',
    );
  }
  await requireOneClock(gateway);
  const { ask, run, roles, groups, stepUp } = answerable;
  const vote = sealVote(gateway, caller, ask, {
    verdict,
    roles,
    ...(groups.length > 0 ? { groups } : {}),
    ...(stepUp ? { stepUp } : {}),
    ...(stop ? { stop } : {}),
    channel,
    reason,
  });
  const digest = digestJson('vote', vote);
  const { castAt } = vote.body;
  const late = whyLate(answerable, castAt);
  const refusal = late === undefined ? await unconfirmed(gateway, ask, run) : undefined;
  if (refusal !== undefined) throw cannot('conflict', ask, refusal, 'a run that waits for it', 'list the open ones');

  const stored = await gateway.store.storeVote(vote, digest);
  if (stored.kind === 'duplicate') {
    const { first } = stored;
    return { ...noOutcome, status: 'duplicate', voteDigest: first.digest, castAt: first.vote.body.castAt };
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
  return await follow(gateway, nonce, ask.row.workflowId, digest, castAt);
}

const noOutcome = { outcome: null, reason: null };

interface Said extends Pick<VoteBody, 'verdict' | 'roles' | 'groups' | 'channel' | 'reason' | 'withdraws' | 'stop'> {
  stepUp?: VoteBody['authenticated']['stepUp'];
}

/** Dated by this gateway's clock. */
export function sealVote(
  { keys, audience, clock }: GatewayContext,
  caller: Credential,
  ask: OpenedAsk,
  { stepUp, ...said }: Said,
): SignedVote {
  const castAt = clock.now();
  const { keyId: credentialId, mintedBy } = caller;
  const body: VoteBody = {
    nonce: ask.row.nonce,
    callKey: ask.body.callKey,
    askDigest: ask.row.askDigest,
    cardDigest: ask.body.ask.cardDigest,
    termsDigest: ask.body.ask.termsDigest,
    principal: caller.principal,
    authenticated: { method: 'api-key', credentialId, mintedBy, ...(stepUp ? { stepUp } : {}) },
    castAt,
    ...said,
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
export async function signalled(
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

export async function follow(
  gateway: GatewayContext,
  nonce: string,
  workflowId: string,
  voteDigest: string,
  castAt: number,
): Promise<VoteResult> {
  const status = await statusInTime(gateway, workflowId, voteDigest);
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
