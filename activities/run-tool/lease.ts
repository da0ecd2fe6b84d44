/**
 * The time an execution has: from the reservation to start-to-close. It heartbeats on the tool's behalf, passes a
 * cancellation on, and at its end tells the tool to stop; it cannot stop code that does not listen, and then says so.
 */
import type { ToolContext } from '../../tools/tool-context.ts';
import type { ActivityFacts } from './activity-facts.ts';

export type Ending<T> = { kind: 'ended'; value: T } | { kind: 'threw'; error: unknown } | { kind: 'not-ended' };

export interface Lease {
  readonly signal: AbortSignal;
  /** Waits for the work, or until it was told to stop and did not within the grace. */
  wait<T>(work: () => Promise<T>): Promise<Ending<T>>;
  /** Until the tool's own time is over, ms; 0 behind it. */
  leftMs(): number;
  close(): void;
}

const defaultHeartbeatMs = 5000;

export function openLease(facts: ActivityFacts, bounds: { timeoutMs: number; graceMs: number }): Lease {
  const timeUp = new AbortController();
  const signal = AbortSignal.any([facts.signal, timeUp.signal]);
  const endsAt = performance.now() + bounds.timeoutMs;
  const timer = setTimeout(() => timeUp.abort(new Error('the time is up')), Math.max(0, bounds.timeoutMs));
  const beating =
    facts.heartbeatTimeoutMs === undefined
      ? undefined
      : setInterval(heartbeatOf(facts), Math.max(100, Math.min(defaultHeartbeatMs, facts.heartbeatTimeoutMs / 2)));
  return {
    signal,
    wait: async (work) => {
      const graceEnd = Promise.withResolvers<{ kind: 'not-ended' }>();
      let grace: NodeJS.Timeout | undefined;
      const onAbort = (): void => {
        grace = setTimeout(() => graceEnd.resolve({ kind: 'not-ended' }), bounds.graceMs);
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await Promise.race([settled(work), graceEnd.promise]);
      } finally {
        clearTimeout(grace);
        signal.removeEventListener('abort', onAbort);
      }
    },
    leftMs: () => Math.max(0, endsAt - performance.now()),
    close: () => {
      clearTimeout(timer);
      clearInterval(beating);
    },
  };
}

async function settled<T>(work: () => Promise<T>) {
  try {
    return { kind: 'ended' as const, value: await work() };
  } catch (error) {
    return { kind: 'threw' as const, error };
  }
}

/** `heartbeat` of a tool's context: nothing where the activity must not heartbeat. */
export function heartbeatOf(facts: ActivityFacts): ToolContext['heartbeat'] {
  return () => {
    if (facts.heartbeatTimeoutMs === undefined) return;
    try {
      facts.heartbeat();
    } catch {
      // The worker is going down: the signal says so, and a tool must not die of it.
    }
  };
}
