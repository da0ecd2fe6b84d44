/**
 * The committed figures of a suite, `bench/<name>/baselines.json`, and what a new run is against them. Only ratios are
 * compared. A file that does not parse stops the bench: a broken baseline must not pass for an absent one.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { z } from 'zod';
import type { Measurement } from './suite.ts';

const measurementSchema = z.strictObject({
  id: z.string(),
  unit: z.string(),
  better: z.enum(['lower', 'higher']),
  kind: z.enum(['ratio', 'absolute']),
  target: z.number().optional(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
  samples: z.number().int(),
});

const baselineSchema = z.strictObject({
  suite: z.string(),
  commit: z.string(),
  seed: z.number().int(),
  rounds: z.number().int(),
  machine: z.strictObject({ cpus: z.number().int(), model: z.string(), node: z.string() }),
  measurements: z.array(measurementSchema),
});

export type Baseline = z.output<typeof baselineSchema>;

/** A ratio that is worse than the baseline's by more than this part of it is a regression. */
export const tolerance = 0.15;

export interface Comparison {
  id: string;
  /** The baseline's value; undefined for a figure that it does not have. */
  before: number | undefined;
  /** How much worse, as a part of the baseline: 0.2 is a fifth worse, negative is better. */
  worse: number | undefined;
  regressed: boolean;
  /** Worse by more than the tolerance, and by no more than the spread of the two allows for: more rounds would tell. */
  unsure?: true;
}

export function compareWith(baseline: Baseline | undefined, measurements: readonly Measurement[]): Comparison[] {
  const before = new Map(baseline?.measurements.map((one) => [one.id, one]));
  return measurements.map((now) => {
    const { id, value, better, kind } = now;
    const old = before.get(id);
    const then = old?.value;
    if (old === undefined || then === undefined) return { id, before: then, worse: undefined, regressed: false };
    // Of nothing there is no fifteen per cent: what was never silent, and is now, regressed.
    if (then === 0 || value === 0) {
      const worse = (better === 'lower' ? value - then : then - value) > 0;
      return { id, before: then, worse: worse ? 1 : 0, regressed: kind === 'ratio' && worse };
    }
    const worse = better === 'lower' ? value / then - 1 : then / value - 1;
    if (kind !== 'ratio' || worse <= tolerance) return { id, before: then, worse, regressed: false };
    if (Math.abs(value - then) > chance(old, now)) return { id, before: then, worse, regressed: true };
    return { id, before: then, worse, regressed: false, unsure: true };
  });
}

/**
 * By how much two medians may differ without anything having changed, at about 95%: McGill, Tukey and Larsen, "Variations of Box
 * Plots" (1978), whose notches are 1.57 times the spread between the quartiles over the root of the samples. Of what is counted
 * there is no spread, and no chance. With fewer than four samples the spread is that of all, which errs towards chance.
 */
function chance(...figures: readonly Pick<Measurement, 'low' | 'high' | 'samples'>[]): number {
  return Math.hypot(...figures.map(({ low, high, samples }) => (1.57 * (high - low)) / Math.sqrt(samples)));
}

/** @throws {Error} when the file is there and is no baseline */
export function readBaseline(path: string): Baseline | undefined {
  if (!existsSync(path)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`Cannot read baseline "${path}": it is not JSON, expected one that --write wrote; write it again`);
  }
  const parsed = baselineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(
    `Cannot read baseline "${path}": ${z.prettifyError(parsed.error)}, expected one that --write wrote; write it again`,
  );
}

/** Figures of parts that were not run stay as they were, when the suite was run in part. */
export function mergeBaseline(before: Baseline | undefined, after: Baseline): Baseline {
  const measured = new Set(after.measurements.map(({ id }) => id));
  const kept = before?.measurements.filter(({ id }) => !measured.has(id)) ?? [];
  const measurements = [...kept, ...after.measurements].toSorted((left, right) => (left.id < right.id ? -1 : 1));
  return { ...after, measurements };
}

export function writeBaseline(path: string, baseline: Baseline): void {
  writeFileSync(path, `${JSON.stringify(baseline, null, 2)}\n`);
}

export function baselineOf(
  suite: string,
  run: { seed: number; rounds: number; measurements: readonly Measurement[] },
): Baseline {
  const processors = cpus();
  return {
    suite,
    commit: commitNow(),
    seed: run.seed,
    rounds: run.rounds,
    machine: { cpus: processors.length, model: processors[0]?.model ?? 'unknown', node: process.version },
    measurements: run.measurements.map((one) => ({ ...one })),
  };
}

function commitNow(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}
