/**
 * Which requests of a turn the gate is to look at, each by its own clock and votes, whether or not its call's turn has come: a
 * call that waits behind another one would else be denied only when that one is answered. It decides nothing.
 */
import type { CallProgress } from '../core/contracts/run.ts';
import type { RunMemory } from './run-state.ts';
import { seemsOver } from './vote-inbox.ts';

/** After the deadline, for votes cast in time that are still on their way, ms. */
export const graceMs = 2000;
/** Between looks at a request whose time is up, while clocks disagree on whether it is, ms. */
const recheckMs = 1000;

/** The gate was asked and could not say now, or allowed the call, whose effect waits for its turn: asked again at once it would say the same. */
const leftForTheirTurn = new WeakSet<CallProgress>();

export function leaveForItsTurn(progress: CallProgress): void {
  leftForTheirTurn.add(progress);
}

/** Whether silence may have denied what this call asked, and the gate has not looked since. */
export function isDue(run: RunMemory, progress: CallProgress): boolean {
  return dueAt(run, progress) <= Date.now();
}

/** Of the call that waits and those behind it, ms since the Unix epoch. */
export function nextDueAt(run: RunMemory, waiting: CallProgress): number {
  return Math.min(dueAt(run, waiting), ...othersThatWait(run, waiting).map((other) => dueAt(run, other)));
}

/** Other calls of the turn whose request seems to be over: denied by silence or by people, or edited. */
export function othersToGate(run: RunMemory, waiting: CallProgress): CallProgress[] {
  return othersThatWait(run, waiting).filter(
    (other) => isDue(run, other) || (other.ask !== null && seemsOver(run, other.ask)),
  );
}

function othersThatWait(run: RunMemory, waiting: CallProgress): CallProgress[] {
  return run.calls.filter(
    (call) => call !== waiting && !call.result && !call.doubt && call.ask !== null && !leftForTheirTurn.has(call),
  );
}

function dueAt(run: RunMemory, progress: CallProgress): number {
  const body = progress.ask?.body;
  if (body?.verdict !== 'ask') return Number.POSITIVE_INFINITY;
  const endsAt = body.ask.deadlineAt + graceMs;
  const { at } = run.lastLook(progress);
  return at >= endsAt ? at + recheckMs : endsAt;
}
