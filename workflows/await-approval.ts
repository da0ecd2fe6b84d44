/**
 * Waits for people: a durable timer that denies, and votes that may change that. It returns when the gate should look;
 * what the votes come to is never decided here.
 */
import { condition } from '@temporalio/workflow';
import type { AskBody, SignedDecision } from '../core/contracts/decision.ts';
import type { CallProgress } from '../core/contracts/run.ts';
import { isDue, nextDueAt, othersToGate } from './due-asks.ts';
import { showState } from './hold.ts';
import { nextReminderAt } from './reminders.ts';
import type { RunMemory } from './run-state.ts';
import { seemsDecided } from './vote-inbox.ts';

/**
 * `remind`: nobody answered until a time at which the terms say to tell them again. `others`: this request still waits, and other
 * calls of the turn are to be gated at once.
 */
export type WaitEnd = 'look' | 'new-link' | 'remind' | 'others';

export async function awaitApproval(
  run: RunMemory,
  progress: CallProgress,
  signed: SignedDecision,
  body: AskBody,
): Promise<WaitEnd> {
  const { deadlineAt, kind, approvalId } = body.ask;
  const seenNotCounted = run.notCounted.size;
  const shouldLook = (): boolean =>
    isDue(run, progress) ||
    (kind === 'call' && seemsDecided(run, signed)) ||
    (kind === 'reconcile' && run.controlVersion !== run.lastLook(progress).controlVersion) ||
    run.notCounted.size !== seenNotCounted ||
    run.mayHaveMissed(progress);
  const nextAt = nextReminderAt(run);
  const remainingMs = Math.min(nextAt, nextDueAt(run, progress)) - Date.now();
  const summary = `${kind === 'call' ? 'approval' : 'reconcile'} of ${body.tool.name} (${approvalId.split('/').slice(1).join('/')})`;
  if (remainingMs > 0) {
    run.stage = 'waiting-for-approval';
    showState(run.stage);
    await condition(() => run.wantsNewLink || shouldLook() || othersToGate(run, progress).length > 0, remainingMs, {
      summary,
    });
    run.stage = 'working';
    showState(run.stage);
  }
  if (shouldLook()) return 'look';
  if (nextAt <= Date.now() && Date.now() < deadlineAt) return 'remind';
  if (othersToGate(run, progress).length > 0) return 'others';
  return run.wantsNewLink && Date.now() < deadlineAt ? 'new-link' : 'look';
}
