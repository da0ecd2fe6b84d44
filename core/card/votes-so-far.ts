/**
 * How far a request's quorum is, from the votes that are shown beside its card: for people to read. Whether a vote counts is the
 * gate's to say, and nothing is decided here.
 */
import type { ApprovalTerms, VoteVerdict } from '../contracts/approval.ts';
import { namesOfSet } from '../approver-set.ts';
import type { CardSituation } from './lay-out-card.ts';

type Terms = Pick<ApprovalTerms, 'quorum' | 'thresholds'>;

/** An approval that its voter took back is none, and neither is one of which the gateway says that it does not count. */
export function votesSoFar(
  votes: readonly { principal: string; verdict: VoteVerdict; uncounted?: string | undefined }[],
  { quorum, thresholds = [] }: Terms,
): NonNullable<CardSituation['votes']> {
  const takenBack = new Set(votes.flatMap(({ verdict, principal }) => (verdict === 'withdraw' ? [principal] : [])));
  const counted = votes.filter(({ verdict, uncounted }) => verdict === 'approve' && uncounted === undefined);
  const approvals = counted.filter(({ principal }) => !takenBack.has(principal)).length;
  const seats = thresholds.flatMap(({ from, approve }) => (approve === 0 ? [] : [{ of: namesOfSet(from), approve }]));
  return { approvals, quorum, ...(seats.length > 0 ? { seats } : {}) };
}
