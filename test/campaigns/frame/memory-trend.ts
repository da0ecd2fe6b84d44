/**
 * How memory moves with what was done. Even after a collection some of it is of what is under way, so what is judged is the
 * floor: the least that was seen in each part, and how it moves from part to part.
 */
import type { LiveMemory } from './live-memory.ts';

export interface MemorySample extends LiveMemory {
  /** Runs that had ended, or turns. */
  done: number;
}

export interface MemoryTrend {
  /** Floors of the second and of the last part, MB. */
  fromMB: number;
  toMB: number;
  /** Least-squares slope through the floors after the first part, KB for each one done. */
  slopeKB: number;
}

/** The first part is warming up: caches fill, code is compiled. */
const partCount = 8;

export function trendOf(samples: readonly MemorySample[], of: keyof LiveMemory): MemoryTrend {
  const last = samples.at(-1)?.done ?? 0;
  const floors = Array.from({ length: partCount - 1 }, (_, index) => {
    const [from, to] = [((index + 1) * last) / partCount, ((index + 2) * last) / partCount];
    const own = samples.filter(({ done }) => done >= from && done <= to).map((sample) => sample[of]);
    return { at: (from + to) / 2, floor: Math.min(...own) };
  }).filter(({ floor }) => Number.isFinite(floor));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanAt, meanFloor] = [mean(floors.map(({ at }) => at)), mean(floors.map(({ floor }) => floor))];
  const spread = floors.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  const together = floors.reduce((sum, { at, floor }) => sum + (at - meanAt) * (floor - meanFloor), 0);
  const megabytes = (floor: number | undefined): number => Math.round((floor ?? 0) / 1024);
  return {
    fromMB: megabytes(floors[0]?.floor),
    toMB: megabytes(floors.at(-1)?.floor),
    slopeKB: spread === 0 ? 0 : Math.round((together / spread) * 10) / 10,
  };
}
