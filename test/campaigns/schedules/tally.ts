/**
 * What votes on a request come to, written from the contract and not from the code: first votes of eligible people, cast
 * from the asking to the deadline, in the order in which they were cast; a denial ends it, an edit does, and so does the
 * quorum. An approval that was taken back is none, and nobody approves what they edited.
 */
import type { AskFact, Facts, VoteFact, WithdrawalFact } from './facts.ts';

export interface Tally {
  outcome: 'approved' | 'denied' | 'edited' | 'open';
  /** When the vote that decided was cast. */
  decidedAt: number | null;
}

/** Where it cannot be known whether something was there in time, the judge asks twice, once with and once without it. */
export interface Belief {
  counts(vote: VoteFact): boolean;
  takesBack(withdrawal: WithdrawalFact): boolean;
  /** Who did not edit the call. */
  mayApprove(principal: string): boolean;
}

/** Of one millisecond what stops counts first: an approval stands only when it was cast before. */
const rankOf = { deny: 0, edit: 1, approve: 2 } as const;

export function tally(facts: Facts, ask: AskFact, belief: Belief): Tally {
  const inTime = facts.votes
    .filter(({ nonce, castAt }) => nonce === ask.nonce && castAt >= ask.askedAt && castAt <= ask.deadlineAt)
    .filter(({ principal }) => facts.eligible.includes(principal))
    .filter((vote) => belief.counts(vote) && isPossible(facts, ask, belief, vote))
    .toSorted((one, other) => one.castAt - other.castAt || rankOf[one.verdict] - rankOf[other.verdict]);
  const voted = new Set<string>();
  let approvals = 0;
  for (const { principal, verdict, castAt } of inTime) {
    if (voted.has(principal)) continue;
    voted.add(principal);
    if (verdict === 'deny') return { outcome: 'denied', decidedAt: castAt };
    if (verdict === 'edit') return { outcome: 'edited', decidedAt: castAt };
    approvals += 1;
    if (approvals >= facts.quorum) return { outcome: 'approved', decidedAt: castAt };
  }
  return { outcome: 'open', decidedAt: null };
}

function isPossible({ withdrawals }: Facts, ask: AskFact, belief: Belief, vote: VoteFact): boolean {
  if (vote.verdict === 'deny') return true;
  if (vote.verdict === 'edit') return ask.editable;
  return (
    belief.mayApprove(vote.principal) &&
    !withdrawals.some((one) => one.withdraws === vote.digest && belief.takesBack(one))
  );
}

/** Of edits that were certainly taken by then: somebody was asked about what they made of it. */
export function coAuthorsOf(facts: Facts, { callKey, askedAt }: AskFact): Set<string> {
  const asked = new Set(
    facts.asks.filter((ask) => ask.callKey === callKey && ask.askedAt <= askedAt).map(({ name }) => name),
  );
  return new Set(
    facts.votes
      .filter((vote) => vote.callKey === callKey && vote.editedTo !== null && asked.has(vote.editedTo))
      .map(({ principal }) => principal),
  );
}

/** Of any edit of the call, also one that nobody may ever have seen. */
export function everEdited({ votes }: Facts, callKey: string, who: string): boolean {
  return votes.some((vote) => vote.callKey === callKey && vote.verdict === 'edit' && vote.principal === who);
}

export function revokedBefore({ revocations }: Facts, who: string, at: number): boolean {
  return revocations.some(({ principal, doneAt }) => principal === who && doneAt < at);
}

export function everRevoked({ revocations }: Facts, who: string): boolean {
  return revocations.some(({ principal }) => principal === who);
}
