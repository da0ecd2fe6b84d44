/**
 * When a watcher looks again: soon while things change, ever more rarely while nothing does, and never before the gateway
 * wants it. Many watchers may share one key, and nobody who answers may be kept waiting by those who only look.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { comeBackAfterMs } from '../client/come-back.ts';
import { type CountersignError, hasErrorCode } from '../core/errors.ts';

/** Ends early, without a fault, when stopped. */
export type Pause = (ms: number, stop: AbortSignal) => Promise<void>;

export const pause: Pause = async (ms, stop) => {
  await delay(ms, undefined, { signal: stop }).catch(() => undefined);
};

export const longestPauseMs = 5000;

/** @param before the pause before this look. @returns the pause before the next one, ms */
export function nextPauseMs(shortestMs: number, before: number, changed: boolean): number {
  return changed ? shortestMs : Math.min(before * 2, longestPauseMs);
}

/** After a refusal: as long as the gateway says, however long that is. */
export function pauseAfterMs(error: CountersignError, before: number): number {
  return Math.max(comeBackAfterMs(error) ?? 0, Math.min(before * 2, longestPauseMs));
}

/** For a look that is only a kindness: undefined where this key looks too often just now. */
export async function lookUnlessTooOften<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (hasErrorCode(error, 'rate-limited')) return undefined;
    throw error;
  }
}
