/**
 * "Not now" is neither a refusal nor a fault: the run waits on a durable timer with back-off, unseen by the model, and
 * nothing executes meanwhile. A control signal ends the wait early.
 */
import { condition, upsertSearchAttributes } from '@temporalio/workflow';
import type { Hold } from '../core/contracts/activities.ts';
import { searchAttributeNames } from '../core/contracts/run-names.ts';
import type { RunState } from '../core/contracts/run.ts';
import { NewLinkWanted } from './new-link.ts';
import type { RunMemory } from './run-state.ts';

const firstHoldMs = 500;
const longestHoldMs = 300_000;

/**
 * @param attempt 0 for the first hold in a row.
 * @throws {NewLinkWanted} where the link should end first; never while it closes, which a next link would have to do again.
 */
export async function holdRun(run: RunMemory, hold: Hold, attempt: number): Promise<void> {
  if (attempt > 0 && run.stage !== 'closing' && run.wantsNewLink && run.inFlight === 0) throw new NewLinkWanted();
  const seen = run.controlVersion;
  const before = run.stage;
  run.hold = `${hold.code}: ${hold.reason}`;
  run.stage = 'held';
  if (attempt === 2) showState('held');
  await condition(() => run.controlVersion !== seen, Math.min(longestHoldMs, firstHoldMs * 2 ** attempt), {
    summary: `held: ${hold.code}`,
  });
  if (attempt >= 2) showState('working');
  run.stage = before;
  run.hold = null;
}

/** State only: search attributes are plain text for everybody with access to the namespace. */
export function showState(state: RunState['state']): void {
  upsertSearchAttributes({ [searchAttributeNames.state]: [state] });
}
