/**
 * What a policy says about one call, and how two such answers become one: always the stricter, never a mixture that is
 * looser than either. Nothing here allows what one side did not allow.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import type { RuleHit } from '../core/contracts/decision.ts';
import type { Risk } from '../core/contracts/labels.ts';
import { combineTerms } from './terms.ts';

export type Effect = 'allow' | 'ask' | 'deny';

export interface PolicyVerdict {
  verdict: Effect;
  /** Every rule that matched, strictest first, then by id: the order in the file leaves no trace. */
  rules: RuleHit[];
  risk: Risk;
  /** Present exactly when the verdict is `ask`. */
  terms?: ApprovalTerms;
  /** Reasons of the rules that decided. */
  reasons: string[];
}

const strictness: ReadonlyMap<string, number> = new Map([
  ['allow', 0],
  ['ask', 1],
  ['deny', 2],
]);
const riskOrder: readonly Risk[] = ['low', 'medium', 'high', 'critical'];

/** The stricter of two answers about the same call: of the pinned and the active policy, or of two layers. */
export function stricterVerdict(a: PolicyVerdict, b: PolicyVerdict): PolicyVerdict {
  return verdictOf(
    stricterEffect(a.verdict, b.verdict),
    [...a.rules, ...b.rules],
    higherRisk(a.risk, b.risk),
    [a, b].flatMap((side) => (side.verdict === 'ask' && side.terms ? [side.terms] : [])),
    [a, b].flatMap((side) => (side.verdict === stricterEffect(a.verdict, b.verdict) ? side.reasons : [])),
  );
}

/**
 * Builds a verdict in its one normal form. An ask without terms has nobody who could answer it and becomes a deny.
 * @param reasons of the deciding side; absent: those of the rules whose effect is the verdict.
 */
export function verdictOf(
  effect: Effect,
  hits: readonly RuleHit[],
  risk: Risk,
  terms: readonly ApprovalTerms[] = [],
  reasons?: readonly string[],
): PolicyVerdict {
  const rules = sortedHits(hits);
  const verdict = effect === 'ask' && terms.length === 0 ? 'deny' : effect;
  const shown = reasons ?? rules.filter((rule) => rule.effect === effect).map((rule) => rule.reason);
  const result: PolicyVerdict = { verdict, rules, risk, reasons: [...new Set(shown)].toSorted() };
  const [first, ...others] = terms;
  if (verdict === 'ask' && first) result.terms = others.reduce(combineTerms, combineTerms(first, first));
  return result;
}

/** What is none of the three counts as deny: a value nobody foresaw must not fall through to an execution. */
export function stricterEffect(a: Effect, b: Effect): Effect {
  const highest = Math.max(strictness.get(a) ?? 2, strictness.get(b) ?? 2);
  if (highest === 0) return 'allow';
  return highest === 1 ? 'ask' : 'deny';
}

export function higherRisk(a: Risk, b: Risk): Risk {
  return riskOrder.indexOf(a) >= riskOrder.indexOf(b) ? a : b;
}

const longestReason = 500;

/** A rule's mark in a verdict, within what a decision may hold. */
export function ruleHit(id: string, effect: Effect, reason: string): RuleHit {
  return { id, effect, reason: reason.length > longestReason ? `${reason.slice(0, longestReason - 1)}…` : reason };
}

function sortedHits(hits: readonly RuleHit[]): RuleHit[] {
  const byKey = new Map(
    hits.map((hit) => [JSON.stringify([2 - (strictness.get(hit.effect) ?? 2), hit.id, hit.reason]), hit]),
  );
  return [...byKey.keys()].toSorted().flatMap((key) => byKey.get(key) ?? []);
}
