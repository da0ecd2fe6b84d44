/**
 * What is wrong with a policy file, in the one form people and editors read: file:line:column, what was found, what was
 * expected, what to do. It never repeats more than a short, escaped piece of the file.
 */

/** 1-based, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface PolicyProblem extends Position {
  readonly file: string;
  /** Where in the document, such as `rules[2].when`; empty for the whole file. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
  /** All of it in one line, in the form every error of Countersign has. */
  readonly message: string;
}

/** A problem before it is known in which file it stands. */
export interface Complaint {
  readonly path: readonly PathPart[];
  /** Whether the key itself is wrong, not its value. */
  readonly atKey?: boolean;
  /** Offset in characters inside the value's text, for conditions. */
  readonly offset?: number;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

export type PathPart = string | number;

export function problemAt(file: string, position: Position, complaint: Complaint): PolicyProblem {
  const { line, column } = position;
  const { found, expected, remedy } = complaint;
  return {
    file,
    line,
    column,
    path: pathText(complaint.path),
    found,
    expected,
    remedy,
    message: `Cannot load policy "${file}:${line}:${column}": found ${found}, expected ${expected}; ${remedy}`,
  };
}

/** One line for a terminal; editors jump to it. */
export function formatProblem(problem: PolicyProblem): string {
  const { file, line, column, found, expected, remedy } = problem;
  return `${file}:${line}:${column}: found ${found}, expected ${expected}; ${remedy}`;
}

export function pathText(path: readonly PathPart[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

const longestQuote = 60;
const longestSentence = 160;

/** A short piece of the file, quoted, with control characters escaped. */
export function quote(text: string): string {
  return quoteWithin(text, longestQuote);
}

/** What a parser says: room for each of its sentences, and an end to what it repeats of the file. */
export function quoteSentence(text: string): string {
  return quoteWithin(text, longestSentence);
}

function quoteWithin(text: string, longest: number): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return JSON.stringify(cut.toWellFormed());
}

/** What a value is, in words. */
export function describeValue(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string':
      return `the text ${quote(value)}`;
    case 'number':
      return `the number ${value}`;
    case 'boolean':
      return `the value ${value}`;
    default:
      return 'a map';
  }
}
