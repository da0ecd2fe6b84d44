/**
 * Judges what came of the crashes: at the outside service first, which knows nothing of the product, then at database and
 * record. It counts; a count that must be zero and is not names what it found.
 */
import type { AcceptedVote } from '../frame/approver.ts';
import type { OutsideEffect } from '../frame/outside-service.ts';
import type { DatabaseEyes } from './database-eyes.ts';
import { keyOf, type ScriptedRun } from './script.ts';

export interface EffectCount {
  expected: number;
  happened: number;
  /** By `<tool> <name>`. */
  twice: string[];
  missing: string[];
  againstDenial: string[];
}

export function countEffects(
  scripts: readonly Pick<ScriptedRun, 'expected' | 'denied'>[],
  effects: readonly OutsideEffect[],
): EffectCount {
  const times = new Map<string, number>();
  for (const effect of effects) times.set(keyOf(effect), (times.get(keyOf(effect)) ?? 0) + 1);
  const expected = scripts.flatMap((script) => script.expected);
  return {
    expected: expected.length,
    happened: effects.length,
    twice: [...times].filter(([, count]) => count > 1).map(([key, count]) => `${key} (${count} times)`),
    missing: expected.filter((key) => !times.has(key)),
    againstDenial: scripts.flatMap((script) => script.denied).filter((key) => times.has(key)),
  };
}

export interface DoubtCount {
  all: number;
  happened: number;
  didNotHappen: number;
  /** Not called unknown, not probed, or the probe said what is not so. */
  unsettled: string[];
}

export function countDoubts(eyes: DatabaseEyes, effects: readonly OutsideEffect[]): DoubtCount {
  const tries = new Set(effects.map((effect) => effect.try));
  const doubts = eyes.doubts();
  const settled = doubts.map((doubt) => {
    const truth = tries.has(`${doubt.callKey} ${doubt.try}`) ? 'happened' : 'did-not-happen';
    return { ...doubt, truth, ok: doubt.voided === 'unknown' && doubt.probe === truth };
  });
  const wrong = settled.filter(({ ok }) => !ok);
  return {
    all: doubts.length,
    happened: settled.filter(({ probe }) => probe === 'happened').length,
    didNotHappen: settled.filter(({ probe }) => probe === 'did-not-happen').length,
    unsettled: wrong.map(
      (one) => `${one.callKey} try ${one.try}: void ${one.voided}, probe ${one.probe}, ${one.truth}`,
    ),
  };
}

/** Accepted by the gateway, and not stored, or its request ended as if nobody had answered. */
export function lostVotes(eyes: DatabaseEyes, accepted: readonly AcceptedVote[]): string[] {
  return accepted.flatMap(({ nonce, verdict, digest }) => {
    const outcome = eyes.outcomeOf(nonce);
    const counted = outcome !== undefined && outcome !== null && outcome !== 'expired';
    const against = verdict === 'deny' && outcome === 'approved';
    return eyes.hasVote(digest) && counted && !against ? [] : [`${verdict} of ${nonce}: its request is ${outcome}`];
  });
}
