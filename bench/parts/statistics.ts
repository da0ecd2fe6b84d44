/**
 * Medians with their spread. A figure without a spread is never made: what a noisy machine did to it must show.
 */

export interface Summary {
  /** The median. */
  value: number;
  /** Lower quartile; with fewer than four samples the smallest. */
  low: number;
  /** Upper quartile; with fewer than four samples the largest. */
  high: number;
  samples: number;
}

/** @throws {RangeError} without samples, or with one that is no number: a bench that measured nothing has no figure. */
export function summarise(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('Cannot summarise: there are no samples, expected one or more');
  if (!samples.every(Number.isFinite)) {
    throw new RangeError(
      'Cannot summarise: a sample is not a finite number, expected numbers; look at what was measured',
    );
  }
  const quartiles = samples.length >= 4;
  return {
    value: quantile(samples, 0.5),
    low: quantile(samples, quartiles ? 0.25 : 0),
    high: quantile(samples, quartiles ? 0.75 : 1),
    samples: samples.length,
  };
}

/**
 * The ratio of two things measured side by side, round by round: what slows a whole round down slows both, and is divided
 * away. Never the ratio of two medians, which would compare a quiet round with a loud one.
 */
export function summariseRatio(numerators: readonly number[], denominators: readonly number[]): Summary {
  if (numerators.length !== denominators.length) {
    throw new RangeError(
      `Cannot make ratios: ${numerators.length} samples against ${denominators.length}, expected one of each per round`,
    );
  }
  return summarise(numerators.map((numerator, round) => numerator / (denominators[round] ?? Number.NaN)));
}

/** Linear between the two nearest samples. @param at from 0 (smallest) to 1 (largest) */
export function quantile(samples: readonly number[], at: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const place = (sorted.length - 1) * at;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
