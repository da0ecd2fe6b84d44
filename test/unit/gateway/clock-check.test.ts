/** The clock that votes are dated by against the server's: how often it is asked, and what is found without asking (P3). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TemporalDoor } from '../../../client/temporal-door.ts';
import { CountersignError } from '../../../core/errors.ts';
import { requireOneClock } from '../../../gateway/clock-check.ts';

const someTimeAt = 1_800_000_000_000;
const bound = 10_000;

describe('the clock of what is signed', () => {
  let asked: number;
  let serverAheadMs: number;
  let oursAheadMs: number;
  let answer: () => Promise<void>;
  let gateway: Parameters<typeof requireOneClock>[0];

  beforeEach(() => {
    vi.useFakeTimers({ now: someTimeAt, toFake: ['Date', 'performance'] });
    [asked, serverAheadMs, oursAheadMs] = [0, 0, 0];
    answer = () => Promise.resolve();
    const serverTime = async () => {
      asked += 1;
      await answer();
      return Date.now() + serverAheadMs;
    };
    gateway = { door: { serverTime } as TemporalDoor, clock: { now: () => Date.now() + oursAheadMs } };
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is compared by one question for many at once', async () => {
    const all = Array.from({ length: 64 }, async () => await requireOneClock(gateway));
    await Promise.all(all);
    expect(asked).toBe(1);
  });

  it('is compared by one question within a second, and by another one after it', async () => {
    await requireOneClock(gateway);
    vi.advanceTimersByTime(999);
    await requireOneClock(gateway);
    expect(asked).toBe(1);
    vi.advanceTimersByTime(1);
    await requireOneClock(gateway);
    expect(asked).toBe(2);
  });

  it.each([bound + 1, -bound - 1])('that is set by %i ms signs nothing from then on', async (ms) => {
    await requireOneClock(gateway);
    oursAheadMs = ms;
    await expect(requireOneClock(gateway)).rejects.toMatchObject({ code: 'clock-skew' });
    oursAheadMs = 0;
    await requireOneClock(gateway);
  });

  it.each([bound + 1, -bound - 1])('signs nothing a second after the server’s was set by %i ms', async (ms) => {
    await requireOneClock(gateway);
    serverAheadMs = ms;
    vi.advanceTimersByTime(1000);
    await expect(requireOneClock(gateway)).rejects.toMatchObject({ code: 'clock-skew' });
  });

  it('is not refused for what only an old answer says: a machine that slept asks anew', async () => {
    await requireOneClock(gateway);
    // Both clocks went on, and the one that nobody sets stood still.
    [oursAheadMs, serverAheadMs] = [3_600_000, 3_600_000];
    await requireOneClock(gateway);
    expect(asked).toBe(2);
  });

  it('is refused for all who wait for a server that does not answer, and compared anew for the next', async () => {
    const away = new CountersignError('server-unavailable', 'Cannot reach the server');
    answer = () => Promise.reject(away);
    const all = await Promise.allSettled([requireOneClock(gateway), requireOneClock(gateway)]);
    expect(all.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    expect(asked).toBe(1);
    answer = () => Promise.resolve();
    await requireOneClock(gateway);
  });

  it('agrees with a server that answers late with a time of when it was asked', async () => {
    answer = () => {
      // The answer names the time at its end; by its beginning it would be ahead.
      vi.advanceTimersByTime(bound + 5000);
      return Promise.resolve();
    };
    await requireOneClock(gateway);
    serverAheadMs = -bound - 5000;
    vi.advanceTimersByTime(1000);
    await requireOneClock(gateway);
    expect(asked).toBe(2);
  });
});
