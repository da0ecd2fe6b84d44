/** Of what guards found, as much as a record can hold: that a guard failed comes first, then secrets, then by severity. */
import type { Finding } from '../core/contracts/labels.ts';
import { guardFailedRule } from '../guards/index.ts';

/** Of one decision: more would make it too large, and nobody reads them. */
const mostFindings = 50;
const order: readonly Finding['severity'][] = ['critical', 'high', 'medium', 'low', 'info'];

/** @param most how many. @default 50 */
export function worstFindings(findings: readonly Finding[], most = mostFindings): Finding[] {
  return findings.toSorted((a, b) => rank(a) - rank(b)).slice(0, most);
}

/** What decides whatever its severity must not be cut away by what only looks worse. */
function rank({ guard, rule, severity }: Finding): number {
  if (rule === guardFailedRule) return -2;
  return guard === 'secrets' ? -1 : order.indexOf(severity);
}
