/**
 * Of what guards found, as much as a record can hold. The policy judges what is left, so nothing that decides is cut away by
 * what only looks worse: whoever fills arguments with what one guard is told to let pass hides nothing from another.
 */
import type { Finding } from '../core/contracts/labels.ts';
import { guardFailedRule } from '../guards/index.ts';

/** Of one decision: more would make it too large, and nobody reads them. */
const mostFindings = 50;
const order: readonly Finding['severity'][] = ['critical', 'high', 'medium', 'low', 'info'];
/** These decide whatever their severity: that a guard failed, and that a value was taken out of the text. */
const decidingRules: ReadonlySet<string> = new Set([guardFailedRule, 'redacted']);

/**
 * Worst first: that a guard failed, then secrets, then by severity. Kept first is one of each guard and severity, then one of
 * each rule, then the rest.
 *
 * @param most how many; one of each guard and severity is kept beyond that. @default 50
 */
export function worstFindings(findings: readonly Finding[], most = mostFindings): Finding[] {
  const sorted = findings.toSorted((a, b) => rank(a) - rank(b));
  if (sorted.length <= most) return sorted;
  const deciding = firstOfEach(sorted, ({ guard, rule, severity }) => [
    guard,
    severity,
    decidingRules.has(rule) ? rule : '',
  ]);
  const byRule = firstOfEach(sorted, ({ guard, rule, severity }) => [guard, severity, rule]);
  const kept = new Set(deciding);
  for (const finding of [...byRule, ...sorted]) {
    if (kept.size >= most) break;
    kept.add(finding);
  }
  return sorted.filter((finding) => kept.has(finding));
}

function firstOfEach(findings: readonly Finding[], keyOf: (finding: Finding) => readonly string[]): Set<Finding> {
  const first = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify(keyOf(finding));
    if (!first.has(key)) first.set(key, finding);
  }
  return new Set(first.values());
}

function rank({ guard, rule, severity }: Finding): number {
  if (rule === guardFailedRule) return -2;
  return guard === 'secrets' ? -1 : order.indexOf(severity);
}
