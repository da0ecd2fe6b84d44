/**
 * What votes on a request come to, written from the contract and not from the code: first votes of eligible people, cast
 * from the asking to the deadline, in the order in which they were cast; a denial ends it, and so does the quorum.
 */
import type { AskFact, Facts, VoteFact } from './facts.ts';

export interface Tally {
  outcome: 'approved' | 'denied' | 'open';
  /** When the vote that decided was cast. */
  decidedAt: number | null;
}

/**
 * @param counts which votes to believe in: where it cannot be known whether one was there in time, the judge asks twice,
 * once with and once without it
 */
export function tally(facts: Facts, ask: AskFact, counts: (vote: VoteFact) => boolean): Tally {
  const inTime = facts.votes
    .filter(({ nonce, castAt }) => nonce === ask.nonce && castAt >= ask.askedAt && castAt <= ask.deadlineAt)
    .filter(({ principal }) => facts.eligible.includes(principal))
    .filter(counts)
    // Of one millisecond the denial counts first: an approval stands only when it was cast before.
    .toSorted(
      (one, other) =>
        one.castAt - other.castAt || Number(one.verdict === 'approve') - Number(other.verdict === 'approve'),
    );
  const voted = new Set<string>();
  let approvals = 0;
  for (const { principal, verdict, castAt } of inTime) {
    if (voted.has(principal)) continue;
    voted.add(principal);
    if (verdict === 'deny') return { outcome: 'denied', decidedAt: castAt };
    approvals += 1;
    if (approvals >= facts.quorum) return { outcome: 'approved', decidedAt: castAt };
  }
  return { outcome: 'open', decidedAt: null };
}
