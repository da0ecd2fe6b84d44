/**
 * Whether votes are enough under terms: the quorum, and the seats of each threshold, of which one person fills one. Pure;
 * it takes each vote for one person's, in time and eligible.
 */
import type { ApprovalTerms } from './contracts/approval.ts';

type Counting = Pick<ApprovalTerms, 'quorum' | 'denials' | 'thresholds'>;

export interface SeatedVote {
  /** Thresholds of the terms, by index, that this vote can serve. */
  seats: readonly number[];
}

/**
 * Somebody who is of two groups is still one pair of eyes: the seats are given out so that as many as possible are filled,
 * each by another person.
 */
export function approvalsSuffice(terms: Counting, approvals: readonly SeatedVote[]): boolean {
  if (approvals.length < terms.quorum) return false;
  const needed = (terms.thresholds ?? []).flatMap(({ approve }, index) => Array.from({ length: approve }, () => index));
  const heldBy = new Map<number, number>();
  return (
    approvals.length >= needed.length && needed.every((_, seat) => fill(seat, needed, approvals, heldBy, new Set()))
  );
}

export function denialsSuffice(terms: Counting, denials: readonly SeatedVote[]): boolean {
  if (denials.length >= (terms.denials ?? 1)) return true;
  return (terms.thresholds ?? []).some(
    ({ deny }, index) => deny !== undefined && denials.filter(({ seats }) => seats.includes(index)).length >= deny,
  );
}

/** One step of a matching by augmenting paths: whoever sits elsewhere moves, where they can. */
function fill(
  seat: number,
  needed: readonly number[],
  approvals: readonly SeatedVote[],
  /** Seat by approval. */
  heldBy: Map<number, number>,
  tried: Set<number>,
): boolean {
  const threshold = needed[seat] ?? -1;
  for (const [approval, { seats }] of approvals.entries()) {
    if (!seats.includes(threshold) || tried.has(approval)) continue;
    tried.add(approval);
    const held = heldBy.get(approval);
    if (held !== undefined && !fill(held, needed, approvals, heldBy, tried)) continue;
    heldBy.set(approval, seat);
    return true;
  }
  return false;
}
