/**
 * A vote's time is the gateway's word, and the deadline is the gate's: while this clock and the Temporal server's differ
 * by more than the bound, nothing whose time matters is signed. The server is asked once for all that is signed within a second.
 */
import { voteClockBoundMs } from '../core/approval.ts';
import { CountersignError } from '../core/errors.ts';
import type { GatewayContext } from './options.ts';

/**
 * How long the server's time is carried on by a clock of this machine that nobody can set, ms. Ours is compared with that at each
 * answer, so that setting it is found at once; setting the server's is found when this has passed.
 */
const carriedForMs = 1000;

interface Reading {
  /** The server's time at some moment of the question. */
  serverAt: number;
  /** How long the question took, ms. */
  tookMs: number;
  /** When it was answered, by `performance.now()`. */
  answeredAt: number;
}

type Clocks = Pick<GatewayContext, 'door' | 'clock'>;

/** By the door to the server that was asked. */
const lastReadings = new WeakMap<Clocks['door'], Reading>();
const questions = new WeakMap<Clocks['door'], Promise<Reading>>();

/** @throws {CountersignError} `clock-skew`, `server-unavailable` */
export async function requireOneClock({ door, clock }: Clocks): Promise<void> {
  const last = lastReadings.get(door);
  if (last && performance.now() - last.answeredAt < carriedForMs && skewMs(last, clock.now()) <= voteClockBoundMs)
    return;
  // Only a new answer refuses: a machine that slept carried nothing on.
  const skew = skewMs(await askedOnce(door), clock.now());
  if (skew <= voteClockBoundMs) return;
  throw new CountersignError(
    'clock-skew',
    `Cannot sign an answer: this machine's clock and the Temporal server's differ by ${Math.round(skew / 1000)} s, expected at most ${voteClockBoundMs / 1000} s; set the clocks`,
  );
}

/** Whoever comes while the server is asked waits for that answer. */
async function askedOnce(door: Clocks['door']): Promise<Reading> {
  const asked = questions.get(door) ?? read(door).finally(() => questions.delete(door));
  questions.set(door, asked);
  return await asked;
}

async function read(door: Clocks['door']): Promise<Reading> {
  const begunAt = performance.now();
  const serverAt = await door.serverTime();
  const answeredAt = performance.now();
  const reading = { serverAt, tookMs: answeredAt - begunAt, answeredAt };
  lastReadings.set(door, reading);
  return reading;
}

/** The server's answer is of some moment of the question: within, the clocks agree. */
function skewMs({ serverAt, tookMs, answeredAt }: Reading, now: number): number {
  const earliest = serverAt + performance.now() - answeredAt;
  return Math.max(now - (earliest + tookMs), earliest - now, 0);
}
