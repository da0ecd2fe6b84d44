/** kill -9 at seeded instants, and what stood in the database at each: that must stand there ever after. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../frame/random.ts';
import { type Part, parts } from '../frame/world.ts';

export interface Killing {
  count: number;
  random: Random;
  kill: (which: readonly Part[]) => Promise<void>;
  /** Between death and restart. */
  whileDead: () => void;
  startMissing: () => Promise<void>;
  /** Rises with whatever the runs do: an instant is a number of such steps after everything is ready again. */
  activity: () => number;
  /** How much happened at the outside service so far. */
  effects: () => number;
  /** Before each, with its number from 0. @returns whether any run is open */
  before: (number: number, soFar: Killed) => Promise<boolean>;
}

export interface Killed {
  byKind: Record<Part | 'all', number>;
  /** At which a run was open. */
  hits: number;
  /** That were aimed, and saw an effect. */
  afterEffect: number;
  /** At which nothing had moved since the restart: everything waited for somebody's time-out. */
  quiet: number;
  /** Where the time went, ms. */
  spentMs: { waiting: number; restarting: number };
}

/** How often each is chosen, of 20. */
const kinds: readonly (readonly [Part | 'all', number])[] = [
  ['worker', 9],
  ['gateway', 3],
  ['engine', 4],
  ['all', 4],
];
/**
 * This part of them is aimed: it waits for an effect, not for steps, and falls between the effect and its answer or soon after.
 * What is drawn alone meets that instant too seldom to prove anything, and on a slow machine never.
 */
const aimedShare = 0.4;
/** After an effect, ms: less than the outside service and the tool take to tell of most of them. */
const longestAfterEffectMs = 40;
/** Of so many, some are aimed and meet an effect, whatever the seed and the machine. */
const enoughKills = 20;
const mostSteps = 8;
/** After the last of the steps, ms: somewhere in what follows from it. */
const longestMs = 120;
/**
 * The first step after a restart may be what follows from a time-out: a workflow task and a model call that died with their
 * worker are given out again 10 s after they began. With the restart this is longer. Where nothing moves even then is an
 * instant too, ms.
 */
const firstStepMs = 8000;
/** Between two steps, ms: later, what could go on has gone on. */
const nextStepMs = 1000;
const pollMs = 5;

export async function killRepeatedly(killing: Killing): Promise<Killed> {
  const { count, random } = killing;
  const killed: Killed = {
    byKind: { worker: 0, gateway: 0, engine: 0, all: 0 },
    hits: 0,
    afterEffect: 0,
    quiet: 0,
    spentMs: { waiting: 0, restarting: 0 },
  };
  const deck = kinds.flatMap(([kind, times]) => Array.from({ length: times }, () => kind));
  for (let number = 0; number < count; number += 1) {
    const open = await killing.before(number, killed);
    const ready = performance.now();
    const isAimed = random.next() < aimedShare;
    const moved = isAimed
      ? await moves(killing.effects, 1)
      : await moves(killing.activity, random.integer(1, mostSteps));
    if (!moved) killed.quiet += 1;
    else if (isAimed) killed.afterEffect += 1;
    await delay(random.integer(0, isAimed ? longestAfterEffectMs : longestMs));
    const kind = random.pick(deck);
    const dying = performance.now();
    await killing.kill(kind === 'all' ? parts : [kind]);
    killing.whileDead();
    killed.byKind[kind] += 1;
    if (open) killed.hits += 1;
    await killing.startMissing();
    killed.spentMs.waiting += dying - ready;
    killed.spentMs.restarting += performance.now() - dying;
  }
  return killed;
}

/** So many kills of which none met what this is about prove nothing. */
export function areInVain({ byKind, afterEffect }: Pick<Killed, 'byKind' | 'afterEffect'>): boolean {
  return afterEffect === 0 && Object.values(byKind).reduce((all, one) => all + one) >= enoughKills;
}

/** Half of the runs at once, since a kill stops most of the open ones for seconds, and the others spread over the kills. */
export function startedBy(number: number, kills: number, runs: number): number {
  const first = Math.ceil(runs / 2);
  return Math.min(runs, first + Math.floor(((runs - first) * number) / Math.max(1, kills * 0.95)));
}

/** @returns whether any was made */
async function moves(count: () => number, wanted: number): Promise<boolean> {
  const from = count();
  let seen = from;
  let end = performance.now() + firstStepMs;
  while (seen < from + wanted && performance.now() < end) {
    await delay(pollMs);
    const now = count();
    if (now > seen) end = performance.now() + nextStepMs;
    seen = now;
  }
  return seen > from;
}
