/** What the corpus says when a change of the workflow breaks a recorded run: which, where first, and what to do about it. */
import { findSecretRules } from '../../cli/parts/find-secret-rules.ts';
import { type ReplayReport, replayRun } from '../../audit/replay-run.ts';
import type { ReplayBundle } from '../../audit/replay-links.ts';
import { loadRecorded, registryOf, sourceOf } from '../histories/recorded.ts';

export const remedy =
  'put the changed workflow code behind patched(), so that runs under way keep their old commands; or, if no run of the old code can exist, record anew with "npm run record" and say so in the commit (docs/replay.md)';

export async function replayRecordedRun(name: string, bundle: ReplayBundle): Promise<ReplayReport> {
  const recorded = loadRecorded(name);
  const { workflowId, audience } = recorded;
  const source = sourceOf(recorded);
  return await replayRun({ workflowId, audience, source, registry: registryOf(recorded), bundle, findSecretRules });
}

/** Null where the recorded run replays and verifies as it did when it was recorded. */
export function whatBreaks(name: string, report: ReplayReport): string | null {
  const { verdict } = loadRecorded(name);
  const [first] = report.findings.toSorted((one, other) => (one.eventId ?? Infinity) - (other.eventId ?? Infinity));
  const failed = report.checks.find(({ result }) => result === 'failed');
  if (!first && !failed && report.verdict === verdict) return null;
  const where = first
    ? `at event ${first.eventId ?? '(none)'} of link ${first.link}: ${first.what}`
    : failed
      ? `in check "${failed.id}": ${failed.reason ?? ''}`
      : `: its verdict is "${report.verdict}", expected "${verdict}"`;
  const more = report.findings.length > 1 ? ` (and ${report.findings.length - 1} more)` : '';
  return `The recorded run test/histories/${name}.json breaks ${where}${more}; ${remedy}`;
}
