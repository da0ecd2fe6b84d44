/**
 * Waits for people: a durable timer that denies, and votes that may change that. It returns when the gate should look;
 * what the votes come to is never decided here.
 */
import { condition } from '@temporalio/workflow';
import type { AskBody, SignedDecision } from '../core/contracts/decision.ts';
import type { CallProgress } from '../core/contracts/run.ts';
import { showState } from './hold.ts';
import type { RunMemory } from './run-state.ts';
import { seemsDecided } from './vote-inbox.ts';

/** After the deadline, for votes cast in time that are still on their way, ms. */
export const graceMs = 2000;
/** Between looks after the deadline, while clocks disagree on whether it has passed, ms. */
const recheckMs = 1000;

export type WaitEnd = 'look' | 'new-link';

export async function awaitApproval(
  run: RunMemory,
  progress: CallProgress,
  signed: SignedDecision,
  body: AskBody,
): Promise<WaitEnd> {
  const { deadlineAt, kind, approvalId } = body.ask;
  const remainingMs = Math.max(recheckMs, deadlineAt + graceMs - Date.now());
  const seenControl = run.controlVersion;
  const seenNotCounted = run.notCounted.size;
  const summary = `${kind === 'call' ? 'approval' : 'reconcile'} of ${body.tool.name} (${approvalId.split('/').slice(1).join('/')})`;
  run.stage = 'waiting-for-approval';
  showState(run.stage);
  await condition(
    () =>
      run.wantsNewLink ||
      (kind === 'call' && seemsDecided(run, signed)) ||
      (kind === 'reconcile' && run.controlVersion !== seenControl) ||
      run.notCounted.size !== seenNotCounted ||
      run.mayHaveMissed(progress),
    remainingMs,
    { summary },
  );
  run.stage = 'working';
  showState(run.stage);
  return run.wantsNewLink && Date.now() < deadlineAt && !seemsDecided(run, signed) ? 'new-link' : 'look';
}
