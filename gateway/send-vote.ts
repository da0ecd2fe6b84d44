/**
 * Sends a stored vote to its run and asks what became of it. Stored before: a gateway that dies here drops nothing, and what
 * the run does not say in time is `recorded`, never guessed.
 */
import type { VoteResult } from '../client/gateway-schemas.ts';
import { outcomeSchema, type SignedVote } from '../core/contracts/approval.ts';
import type { VoteStatus } from '../core/contracts/run.ts';
import { CountersignError } from '../core/errors.ts';
import type { GatewayContext } from './options.ts';
import type { OpenedAsk } from './verified.ts';

/** In all, for the run to say what became of the vote, ms. */
const usualAnswerMs = 2500;
const betweenQuestionsMs = 40;

const noOutcome = { outcome: null, reason: null };

/** False: stored, and sent when the server is back. */
export async function sendVote(
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

/** @param answerWithinMs how long the run may take, ms; absent: 2500 */
export async function followVote(
  gateway: GatewayContext,
  { row: { nonce, workflowId } }: OpenedAsk,
  voteDigest: string,
  castAt: number,
  answerWithinMs: number = usualAnswerMs,
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
