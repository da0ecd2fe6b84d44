/**
 * Resident memory of processes over the runs they have done. A heap that is collected goes up and down, so what is judged is
 * the floor: the least that was seen in each part of the load, and how it moves from part to part.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface MemorySample {
  /** Runs that had ended. */
  done: number;
  kilobytes: number;
}

export interface MemoryTrend {
  /** Floors of the second and of the last part, MB. */
  fromMB: number;
  toMB: number;
  /** Least-squares slope through the floors after the first part, KB for each run. */
  slopeKB: number;
}

/** The first part is warming up: caches fill, code is compiled. */
const partCount = 8;

export async function residentKilobytes(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim());
}

export function trendOf(samples: readonly MemorySample[]): MemoryTrend {
  const last = samples.at(-1)?.done ?? 0;
  const floors = Array.from({ length: partCount - 1 }, (_, index) => {
    const [from, to] = [((index + 1) * last) / partCount, ((index + 2) * last) / partCount];
    const own = samples.filter(({ done }) => done >= from && done <= to).map(({ kilobytes }) => kilobytes);
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
