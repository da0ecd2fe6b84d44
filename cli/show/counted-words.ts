/**
 * A vote that was counted for a request that is still open, in words: how far it is by the votes that the request showed before
 * it. Whether the run has taken it up is never guessed: while another call of the turn runs, it has not.
 */
import type { ApprovalView } from '../../client/gateway-schemas.ts';
import { votesSoFar } from '../../core/card/votes-so-far.ts';

type Known = Pick<ApprovalView, 'votes' | 'approvers'>;

/** @param request as it was before this vote */
export function countedWords(verdict: 'approve' | 'deny' | 'break-glass', { votes, approvers }: Known): string {
  if (verdict === 'break-glass') return `that suffices; ${takenUp}`;
  const before =
    verdict === 'approve'
      ? votesSoFar(votes, approvers).approvals
      : votes.filter((vote) => vote.verdict === 'deny').length;
  const given = before + 1;
  const [needed, what] = verdict === 'approve' ? [approvers.quorum, 'approval'] : [approvers.denials, 'denial'];
  const so = `${given} of ${needed} ${needed === 1 ? what : `${what}s`}`;
  if (given < needed) return `${so}: more votes are needed`;
  // Who sits where is the gate's to say.
  const seats = verdict === 'approve' && approvers.thresholds.length > 0;
  return seats ? `${so}: seats of its groups may still be to fill; if none is, ${takenUp}` : `${so}; ${takenUp}`;
}

const takenUp = 'the run takes it up next, after the calls before it in its turn, which still wait or run';
