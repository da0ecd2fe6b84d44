/**
 * A vote's time is the gateway's word, and the deadline is the gate's: while this clock and the Temporal server's differ
 * by more than the bound, nothing whose time matters is signed.
 */
import { voteClockBoundMs } from '../core/approval.ts';
import { CountersignError } from '../core/errors.ts';
import type { GatewayContext } from './options.ts';

/** @throws {CountersignError} `clock-skew`, `server-unavailable` */
export async function requireOneClock({ door, clock }: Pick<GatewayContext, 'door' | 'clock'>): Promise<void> {
  const before = clock.now();
  const serverAt = await door.serverTime();
  const after = clock.now();
  // The server's answer is of some moment between: within, the clocks agree.
  const skewMs = Math.max(before - serverAt, serverAt - after, 0);
  if (skewMs <= voteClockBoundMs) return;
  throw new CountersignError(
    'clock-skew',
    `Cannot sign an answer: this machine's clock and the Temporal server's differ by ${Math.round(skewMs / 1000)} s, expected at most ${voteClockBoundMs / 1000} s; set the clocks`,
  );
}
