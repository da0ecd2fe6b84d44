/** Waits for a condition of another process. It polls, because there is no event to wait for; it never waits a fixed time. */
import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 20;
/** For what a gateway is asked: it limits how often a key may ask. */
export const gatewayPollMs = 300;

/** The first value that is neither undefined, null nor false. @throws after `timeoutMs`, saying what was awaited. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  timeoutMs = 90_000,
  everyMs = pollMs,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await delay(everyMs);
  }
}
