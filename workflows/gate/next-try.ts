/** A further try of a call: its own decisions, and the old approval only where the gate said that it may be used again. */
import type { CallProgress } from '../../core/contracts/run.ts';
import type { RunMemory } from '../run-state.ts';

export function nextTry(run: RunMemory, progress: CallProgress, tryNumber: number, mayReuseApproval: boolean): void {
  progress.try = tryNumber;
  progress.pass = 1;
  progress.previousDecision = null;
  run.lastDecisions.delete(progress);
  if (!mayReuseApproval) progress.ask = null;
}
