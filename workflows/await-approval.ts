/**
 * Waits for people: a durable timer that denies, and votes that may change that. It returns when the gate should look;
 * what the votes come to is never decided here.
 */
import { condition } from '@temporalio/workflow';
import type { AskBody, SignedDecision } from '../core/contracts/decision.ts';
import type { CallProgress } from '../core/contracts/run.ts';
import { showState } from './hold.ts';
import { nextReminderAt } from './reminders.ts';
import type { RunMemory } from './run-state.ts';
import { editedSiblings, seemsDecided } from './vote-inbox.ts';

/** After the deadline, for votes cast in time that are still on their way, ms. */
export const graceMs = 2000;
/** Between looks after the deadline, while clocks disagree on whether it has passed, ms. */
const recheckMs = 1000;

/**
 * `remind`: nobody answered until a time at which the terms say to tell them again. `edited`: another call of the turn was
 * edited, and this one still waits.
 */
export type WaitEnd = 'look' | 'new-link' | 'remind' | 'edited';

export async function awaitApproval(
  run: RunMemory,
  progress: CallProgress,
  signed: SignedDecision,
  body: AskBody,
): Promise<WaitEnd> {
  const { deadlineAt, kind, approvalId } = body.ask;
  const nextAt = nextReminderAt(run);
  const remainingMs = Math.max(recheckMs, Math.min(nextAt, deadlineAt + graceMs) - Date.now());
  const seenControl = run.controlVersion;
  const seenNotCounted = run.notCounted.size;
  const summary = `${kind === 'call' ? 'approval' : 'reconcile'} of ${body.tool.name} (${approvalId.split('/').slice(1).join('/')})`;
  run.stage = 'waiting-for-approval';
  showState(run.stage);
  const ended = await condition(
    () =>
      run.wantsNewLink ||
      (kind === 'call' && seemsDecided(run, signed)) ||
      (kind === 'reconcile' && run.controlVersion !== seenControl) ||
      run.notCounted.size !== seenNotCounted ||
      run.mayHaveMissed(progress) ||
      editedSiblings(run, progress).length > 0,
    remainingMs,
    { summary },
  );
  run.stage = 'working';
  showState(run.stage);
  if (!ended && nextAt <= Date.now() && Date.now() < deadlineAt) return 'remind';
  if (ended && Date.now() < deadlineAt && !seemsDecided(run, signed) && editedSiblings(run, progress).length > 0)
    return 'edited';
  return run.wantsNewLink && Date.now() < deadlineAt && !seemsDecided(run, signed) ? 'new-link' : 'look';
}
