/** What is wrong with an agent pack, all of it at once, each with place and remedy. */
import { CountersignError } from '../core/errors.ts';

export interface PackProblem {
  /** Name of the file in the pack. */
  file: string;
  /** 1-based, as editors count. */
  line: number;
  column: number;
  found: string;
  expected: string;
  remedy: string;
}

/** One line for a terminal; editors jump to it. */
export function formatPackProblem({ file, line, column, found, expected, remedy }: PackProblem): string {
  return `${file}:${line}:${column}: found ${found}, expected ${expected}; ${remedy}`;
}

export function packInvalid(name: string, problems: readonly PackProblem[]): CountersignError {
  const lines = problems.map((problem) => `\n  ${formatPackProblem(problem)}`).join('');
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new CountersignError(
    'pack-invalid',
    `Cannot load agent pack "${name}": ${count}, expected none; correct what is listed:${lines}`,
  );
}

/** A problem of a file as a whole. */
export function wholeFile(file: string, found: string, expected: string, remedy: string): PackProblem {
  return { file, line: 1, column: 1, found, expected, remedy };
}
