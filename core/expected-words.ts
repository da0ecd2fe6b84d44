/** What a schema wanted, in words for people: never a parser's own, which speak of types and patterns. It repeats no value. */
import type { z } from 'zod';

export type Issue = z.core.$ZodIssue;
export type TypeNames = Readonly<Record<string, string>>;

/** As JSON names them. */
const jsonNames: TypeNames = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'null',
};

export function expectedBy(issue: Issue, names: TypeNames = jsonNames): string {
  // A schema's own words say it best.
  if (!parserWords.test(issue.message)) return issue.message.replace(/^expected /u, '');
  switch (issue.code) {
    case 'invalid_type':
      return names[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `${sizeOf(issue.origin)} of at least ${issue.minimum}`;
    case 'too_big':
      return `${sizeOf(issue.origin)} of at most ${issue.maximum}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap(([first]) => (first ? expectedBy(first, names) : [])))].join(', or ');
    case 'invalid_format':
      return issue.pattern === undefined ? 'text of another form' : `text of the form ${issue.pattern}`;
    case 'unrecognized_keys':
      return 'only keys that it knows';
    default:
      return 'another value';
  }
}

/** How messages begin that no schema of ours wrote. */
const parserWords = /^(?:Invalid |Too (?:big|small)|Unrecognized )/u;

function sizeOf(origin: string): string {
  if (origin === 'string') return 'a length';
  return origin === 'array' ? 'a number of entries' : 'a value';
}

/** Of the forms that a value may have, the one with the least to correct; undefined where it has the kind of none. */
export function nearestForm(forms: readonly Issue[][]): Issue[] | undefined {
  const ofItsKind = forms.filter((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys' || code.startsWith('too_')),
  );
  const corrections = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return ofItsKind.toSorted((a, b) => corrections(a) - corrections(b))[0];
}
