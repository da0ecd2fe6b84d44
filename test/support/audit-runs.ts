/**
 * Replays every run that a server test made, whatever it was made for: no run of this program may leave a record that differs
 * from its code, its signatures or its store (P4). Runs that still run, or were terminated, are incomplete and no difference.
 */
import { createServerSource } from '../../audit/fetch-chain.ts';
import { type ReplayReport, replayRun } from '../../audit/replay-run.ts';
import type { CheckId } from '../../audit/checks.ts';
import type { TemporalDoor } from '../../client/temporal-door.ts';
import type { KeySet } from '../../keys/index.ts';
import type { Store } from '../../store/store.ts';
import { replayBundle } from '../../worker/workflow-bundle.ts';

export interface AuditedRuns {
  door: TemporalDoor;
  store: Store;
  keys: KeySet;
  audience: string;
  bundleFolder: string;
  workflowIds: readonly string[];
  /** May find something, because the test itself took it out of the record. @default none */
  tolerated?: readonly CheckId[];
}

/** @throws {Error} naming each difference. */
export async function auditRuns(runs: AuditedRuns): Promise<void> {
  const { door, store, keys, audience, workflowIds, tolerated = [] } = runs;
  const source = createServerSource({ door, store });
  const bundle = await replayBundle(runs.bundleFolder);
  const differences: string[] = [];
  for (const workflowId of workflowIds) {
    const report = await replayRun({ workflowId, source, registry: keys.registry, audience, store, bundle });
    const what = whatDiffers(report, tolerated);
    if (report.verdict === 'differs' && what !== '') differences.push(`${workflowId}: ${what}`);
  }
  if (differences.length > 0) throw new Error(`The record of a run differs:\n${differences.join('\n')}`);
}

function whatDiffers({ checks, findings }: ReplayReport, tolerated: readonly CheckId[]): string {
  const failed = checks
    .filter(({ id, result }) => result === 'failed' && !tolerated.includes(id))
    .map(({ id, reason }) => `${id} (${reason})`);
  return [...failed, ...findings.map(({ what }) => what)].join('; ');
}
