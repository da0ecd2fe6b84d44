/**
 * What the run's last activity found against it (docs/guards.md, After the run). A violation that stands in the record is one,
 * also where the rest of the record gives no sign of it: the store may have known more. Nobody signs that none was found, and
 * so this never speaks for a run; the other checks look for the same by themselves.
 */
import { complianceGuard, linkNotOpen } from '../core/contracts/activities.ts';
import type { Checks } from './checks.ts';
import { readCloseResult } from './read-results.ts';
import { entriesOf, type RunRecord } from './record-types.ts';

export function verifyCompliance({ links }: RunRecord, checks: Checks): void {
  for (const entry of entriesOf(links, 'activity')) {
    if (entry.activityType !== 'closeRun' || entry.end?.kind !== 'completed') continue;
    const found = readCloseResult(entry.end.result)?.findings ?? [];
    // A link that a reset overtook may not close its run: that is the rule at work, and the run's own link says the rest.
    const violations = found.filter(({ guard, rule }) => guard === complianceGuard && rule !== linkNotOpen);
    const rules = [...new Set(violations.map(({ rule }) => rule))].join(', ');
    checks.expect('compliance', violations.length === 0, entry, `the run’s own last look found violations (${rules})`);
  }
}
