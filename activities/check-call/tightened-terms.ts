/**
 * What people would be asked under by now, where a policy that came into force since they were asked is stricter: an approval must
 * hold under it, too (threat model, attack 6; the same rule as for grants). Times of day are those of the asking: a request that is
 * open at five o'clock stays with those who were asked.
 */
import type { ApprovalTerms } from '../../core/contracts/approval.ts';
import { digestJson } from '../../core/digest.ts';
import { combineTerms } from '../../policy/index.ts';
import type { Judgement } from './judge.ts';
import type { OwnAsk } from './weigh-votes.ts';

/** Undefined: no policy is new since, or it asks for no more. */
export function tightenedTerms({ inForce }: Judgement, { body }: OwnAsk): ApprovalTerms | undefined {
  const askedBy = new Set([
    body.policyDigest,
    body.activePolicyDigest,
    ...(body.layers ?? []).map(({ policyDigest }) => policyDigest),
  ]);
  if (!inForce || inForce.digests.every((digest) => askedBy.has(digest))) return undefined;
  const { terms, askedAt } = body.ask;
  const now = inForce.termsAt(askedAt);
  if (!now) return undefined;
  // Who answers instead of whom was settled when people were asked.
  const { fallback, ...usual } = now;
  const insteadAsked = fallback !== undefined && isSame(fallback, terms.approvers);
  const stricter = combineTerms(terms, insteadAsked ? { ...usual, approvers: fallback } : usual);
  return isSame(stricter, terms) ? undefined : stricter;
}

function isSame(one: object, other: object): boolean {
  return digestJson('terms', one) === digestJson('terms', other);
}
