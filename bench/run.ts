/**
 * `npm run bench`: every suite under `bench/<name>/benchmark.ts`, or those that are named. Figures go to stdout, progress
 * to stderr. Exits 1 when `--check` finds a regression or a missed share, or a suite finds a wrong answer. Other missed
 * targets are said, and fail nothing: they hang on the machine.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type Baseline,
  baselineOf,
  type Comparison,
  compareWith,
  mergeBaseline,
  readBaseline,
  writeBaseline,
} from './parts/baseline.ts';
import { type BenchOptions, readBenchOptions, usage, UsageError } from './parts/bench-options.ts';
import { figure, reportLines } from './parts/report.ts';
import { type Measurement, meetsTarget, type Suite } from './parts/suite.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const defaultRounds = 3;

process.exitCode = await main(process.argv.slice(2));

async function main(parameters: readonly string[]): Promise<number> {
  const known = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'benchmark.ts')));
  try {
    const options = readBenchOptions(parameters, known);
    if (options.help) {
      console.log(`${usage}\nSuites: ${known.join(', ')}`);
      return 0;
    }
    const suites = await Promise.all((options.suites.length > 0 ? options.suites : known).map(loadSuite));
    mustKnowParts(suites, options.only);
    return await runSuites(suites, options);
  } catch (error) {
    console.error(error instanceof UsageError ? error.message : error);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function runSuites(suites: readonly Suite[], options: BenchOptions): Promise<number> {
  const results: { baseline: Baseline; comparisons: Comparison[] }[] = [];
  const missed: Measurement[] = [];
  for (const suite of suites) {
    if (options.only.length > 0 && !suite.parts.some((part) => wanted(options.only, part))) continue;
    const path = join(folder, suite.name, 'baselines.json');
    const before = readBaseline(path);
    const rounds = options.rounds ?? suite.rounds ?? defaultRounds;
    console.error(`${suite.name}: ${suite.summary}`);
    const measurements = await suite.measure({
      rounds,
      seed: options.seed,
      wants: (id) => wanted(options.only, id),
      progress: (line) => console.error(`  ${line}`),
    });
    const comparisons = compareWith(before, measurements);
    if (!options.json) console.log(`\n${suite.name}\n\n${reportLines(measurements, comparisons).join('\n')}\n`);
    const baseline = baselineOf(suite.name, { seed: options.seed, rounds, measurements });
    if (options.write) writeBaseline(path, mergeBaseline(before, baseline));
    results.push({ baseline, comparisons });
    missed.push(...measurements.filter((one) => meetsTarget(one) === false));
  }
  if (options.json) console.log(JSON.stringify(results, null, 2));
  const regressed = results.flatMap(({ comparisons }) => comparisons).filter((one) => one.regressed);
  for (const { id, worse } of regressed) console.error(`regressed: ${id} is ${Math.round((worse ?? 0) * 100)}% worse`);
  for (const { id, value, unit, target } of missed)
    console.error(`missed: ${id} is ${figure(value)} ${unit}, its target is ${figure(target ?? 0)}`);
  // No clock is in a share: it is the same on every machine.
  const failed = regressed.length > 0 || missed.some(({ unit }) => unit === 'share');
  return options.check && failed ? 1 : 0;
}

async function loadSuite(name: string): Promise<Suite> {
  const module = (await import(pathToFileURL(join(folder, name, 'benchmark.ts')).href)) as { suite: Suite };
  return module.suite;
}

function wanted(only: readonly string[], id: string): boolean {
  // Both ways: `--only loop` wants `loop/c8`, and `--only loop/c8` wants the part `loop` to begin.
  return only.length === 0 || only.some((one) => id.startsWith(one) || one.startsWith(`${id}/`));
}

function mustKnowParts(suites: readonly Suite[], only: readonly string[]): void {
  const parts = suites.flatMap((suite) => suite.parts);
  const unknown = only.find((one) => !parts.some((part) => wanted([one], part)));
  if (unknown === undefined) return;
  throw new UsageError(`Cannot measure "${unknown}": there is no such part, expected one of ${parts.join(', ')}`);
}
