/**
 * What a bench suite is: `bench/<name>/benchmark.ts` exports one `suite`. It measures and says what it measured; printing,
 * baselines and exit codes are the frame's. A suite checks its answers outside the timed part and throws when one is wrong.
 */
import type { Summary } from './statistics.ts';

export interface SuiteOptions {
  /** Interleaved rounds; a suite may take more samples in each. */
  rounds: number;
  /** Whether a part of the suite was asked for (`--only`, by the beginning of its id). */
  wants(id: string): boolean;
  /** Seed of everything that is drawn. */
  seed: number;
  /** One line of progress, for people. */
  progress(line: string): void;
}

export interface Measurement extends Summary {
  /** `<part>/<what>`, the same in every run: a baseline is found by it. */
  id: string;
  /** `x` for a ratio, else the unit: `ms`, `us`, `events/turn`. */
  unit: string;
  better: 'lower' | 'higher';
  /**
   * A ratio of two things measured in one run carries over to other machines, and is compared with the baseline. An
   * absolute figure does not, and is only printed.
   */
  kind: 'ratio' | 'absolute';
  /** What the design asks for: a bound on the value, in the direction of `better`. */
  target?: number;
}

export interface Suite {
  name: string;
  /** One sentence. */
  summary: string;
  /** @default 3 */
  rounds?: number;
  /** Ids of the parts `--only` may name. */
  parts: readonly string[];
  measure(options: SuiteOptions): Promise<Measurement[]>;
}

/** Whether the figure keeps its target; undefined when it has none. */
export function meetsTarget({
  value,
  target,
  better,
}: Pick<Measurement, 'value' | 'target' | 'better'>): boolean | undefined {
  if (target === undefined) return undefined;
  return better === 'lower' ? value <= target : value >= target;
}
