/** Which votes are for a call. Apart from the votes' schemas, because every run evaluates it and should not evaluate them. */
import type { VoteVerdict } from './contracts/approval.ts';

/** Whether a vote is for the call as it was asked: only such a vote lets something happen, and can be taken back. */
export function saysYes(verdict: VoteVerdict): verdict is 'approve' | 'break-glass' {
  return verdict === 'approve' || verdict === 'break-glass';
}
