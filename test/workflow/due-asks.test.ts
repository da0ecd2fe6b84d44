/** Which requests of a turn the gate is to look at, and when: each by its own deadline, and not again and again (P3). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallProgress, RunFlow } from '../../core/contracts/run.ts';
import { graceMs, isDue, leaveForItsTurn, nextDueAt, othersToGate } from '../../workflows/due-asks.ts';
import { RunMemory } from '../../workflows/run-state.ts';
import { anAsk, aTicket, nonceOf, someTimeAt, workflowIdOf } from '../support/signed-objects.ts';

const lookAgainMs = 1000;

function waiting(index: number, deadlineAt: number): CallProgress {
  const signed = anAsk({ callKey: `${workflowIdOf(1)}/1.${index}` }, nonceOf(index + 1));
  const { body } = signed;
  if (body.verdict !== 'ask') throw new TypeError('anAsk makes asks');
  const ask = { ...signed, body: { ...body, ask: { ...body.ask, deadlineAt } } };
  const call = { id: `call-${index}`, name: 'restart_service', argumentsText: '{}' } as CallProgress['call'];
  return { index, call, try: 1, pass: 2, rounds: 1, ask, previousDecision: null, doubt: null, result: null };
}

function runOf(...calls: CallProgress[]): RunMemory {
  const ticket = aTicket(1);
  const run = new RunMemory({ ticket, input: 'hello', flow: null as RunFlow | null }, ticket.body);
  run.calls = calls;
  return run;
}

describe('requests of one turn', () => {
  const [slow, quick, middle] = [600_000, 1000, 5000].map((ms) => someTimeAt + ms) as [number, number, number];
  let first: CallProgress;
  let second: CallProgress;
  let third: CallProgress;
  let run: RunMemory;
  beforeEach(() => {
    vi.useFakeTimers({ now: someTimeAt, toFake: ['Date'] });
    [first, second, third] = [waiting(0, slow), waiting(1, quick), waiting(2, middle)];
    run = runOf(first, second, third);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are due each at its own deadline, whichever of them waits in front', () => {
    expect(nextDueAt(run, first)).toBe(quick + graceMs);
    vi.setSystemTime(quick + graceMs - 1);
    expect(othersToGate(run, first)).toEqual([]);
    vi.setSystemTime(quick + graceMs);
    expect(othersToGate(run, first)).toEqual([second]);
    expect(isDue(run, first)).toBe(false);
    vi.setSystemTime(middle + graceMs);
    expect(othersToGate(run, first)).toEqual([second, third]);
  });

  it('that have been looked at since are looked at again only after a while', () => {
    vi.setSystemTime(quick + graceMs + 5);
    run.noteLook(second);
    expect(othersToGate(run, first)).toEqual([]);
    expect(nextDueAt(run, first)).toBe(quick + graceMs + 5 + lookAgainMs);
    vi.setSystemTime(quick + graceMs + 5 + lookAgainMs);
    expect(othersToGate(run, first)).toEqual([second]);
  });

  it('that were looked at before their time was up are due at once when it is', () => {
    vi.setSystemTime(quick + graceMs - 1);
    run.noteLook(second);
    expect(nextDueAt(run, first)).toBe(quick + graceMs);
  });

  it('that are over, in doubt or left for their turn wake nobody', () => {
    leaveForItsTurn(second);
    third.doubt = { try: 1, step: 'void', settleAfterAt: 0 };
    expect(nextDueAt(run, first)).toBe(slow + graceMs);
    vi.setSystemTime(middle + graceMs);
    expect(othersToGate(run, first)).toEqual([]);
  });

  it('are due by themselves also when they were left: their turn has come', () => {
    leaveForItsTurn(second);
    vi.setSystemTime(quick + graceMs);
    expect(isDue(run, second)).toBe(true);
  });
});
