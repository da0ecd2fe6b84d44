/**
 * The review of a break-glass, as a pure fold over what people signed: it is open until two people other than the breaker and
 * than everybody behind the run have said what they found. It verifies no signature and knows no roles: the caller says whose
 * word is valid. Nothing else closes a review, and a finding of either kind counts.
 */
import { voteClockBoundMs } from './approval.ts';
import type { ControlBody } from './contracts/control.ts';
import { showsSomething } from './shows-something.ts';

export const reviewersNeeded = 2;

export type ReviewSignature = Extract<ControlBody, { kind: 'review-signature' }>;

export interface ReviewedGlass {
  nonce: string;
  /** Whoever broke it. */
  principal: string;
  voteDigest: string;
  openedAt: number;
  dueAt: number;
}

export interface ReviewDecision {
  state: 'open' | 'signed';
  /** That count, oldest first: the first of each person. */
  signatures: ReviewSignature[];
}

/**
 * @param signatures verified, of any reviews
 * @param others who else does not sign: everybody behind the run
 * @param personOf the name under which somebody is known who has several
 */
export function decideReview(
  { nonce, principal, voteDigest, openedAt }: ReviewedGlass,
  signatures: readonly ReviewSignature[],
  { others = [], personOf = (name) => name }: { others?: readonly string[]; personOf?: (name: string) => string } = {},
): ReviewDecision {
  const notTheirs = new Set([principal, ...others].map(personOf));
  const counted = new Map<string, ReviewSignature>();
  for (const signature of signatures.toSorted((one, other) => one.sequence - other.sequence)) {
    const fits = signature.nonce === nonce && signature.voteDigest === voteDigest && showsSomething(signature.reason);
    const person = personOf(signature.principal);
    // Nobody can have reviewed what had not happened; clocks of two machines may differ by the bound.
    if (!fits || signature.signedAt < openedAt - voteClockBoundMs) continue;
    if (!notTheirs.has(person) && !counted.has(person)) counted.set(person, signature);
  }
  const own = [...counted.values()];
  return { state: own.length >= reviewersNeeded ? 'signed' : 'open', signatures: own };
}

export interface PastGlass extends ReviewedGlass {
  state: ReviewDecision['state'];
}

const dayMs = 24 * 60 * 60_000;

/**
 * Why a person may not break the glass again; undefined where they may. What the same request used before is no further use.
 * @param past of this person, under whatever name
 */
export function whyNoFurtherGlass(
  past: readonly PastGlass[],
  { nonce, now, perDay }: { nonce: string; now: number; perDay: number },
): string | undefined {
  const others = past.filter((one) => one.nonce !== nonce);
  if (others.some(({ state, dueAt }) => state === 'open' && dueAt < now)) {
    return 'a review of theirs is overdue: two others must sign it first';
  }
  const used = others.filter(({ openedAt }) => openedAt > now - dayMs).length;
  return used >= perDay ? `they broke the glass ${used} times within a day, and may ${perDay} times` : undefined;
}
