/** The bench's command line. What it does not know is refused with what it knows. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Suites to run; empty means all. */
  suites: string[];
  only: string[];
  rounds: number | undefined;
  seed: number;
  check: boolean;
  write: boolean;
  json: boolean;
  help: boolean;
}

export const usage = `Usage: npm run bench -- [suite ...] [options]
       npm run bench:<suite> -- [options]

Measures Countersign and prints each figure with its spread (quartiles; all samples when there are fewer than four),
its target and the committed baseline.

Options:
  --only <part>    measure only parts whose id begins so; may be given again
  --rounds <n>     interleaved rounds; more rounds, less noise
  --seed <n>       seed of everything drawn (default 1)
  --check          exit 1 when a ratio is more than 15% worse than in bench/<suite>/baselines.json
  --write          write the figures to bench/<suite>/baselines.json
  --json           print JSON on stdout instead of tables
  --help           this text

Examples:
  npm run bench -- --check
  npm run bench:overhead -- --only loop/c1 --rounds 5
  npm run bench -- overhead --json > figures.json

Exit codes: 0 measured; 1 a ratio regressed (--check), or an answer was wrong; 2 the command line was not understood.
`;

export class UsageError extends Error {}

/** @throws {UsageError} */
export function readBenchOptions(parameters: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parse(parameters);
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`Cannot run suite "${unknown}": there is none, expected one of ${known.join(', ')}`);
  }
  return {
    suites: positionals,
    only: values.only,
    rounds: values.rounds === undefined ? undefined : wholeNumber('--rounds', values.rounds, 1),
    seed: wholeNumber('--seed', values.seed, 0),
    check: values.check,
    write: values.write,
    json: values.json,
    help: values.help,
  };
}

interface Parsed {
  values: {
    only: string[];
    rounds?: string | undefined;
    seed: string;
    check: boolean;
    write: boolean;
    json: boolean;
    help: boolean;
  };
  positionals: string[];
}

function parse(parameters: readonly string[]): Parsed {
  try {
    return parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string' },
        seed: { type: 'string', default: '1' },
        check: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n')[0] : 'it does not parse';
    throw new UsageError(`Cannot read the command line: ${said}; see --help`);
  }
}

function wholeNumber(option: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d{1,9}$/.test(text) && number >= least) return number;
  throw new UsageError(`Cannot read ${option}: "${text}" is not one, expected a whole number from ${least} up`);
}
