/**
 * Turns the schema's issues into complaints that say what was found, what was expected and what to do, with the nearest
 * known key where one was mistyped.
 */
import type { z } from 'zod';
import { type Complaint, describeValue, type PathPart, quote } from './problems.ts';
import { keysAt } from './schema-keys.ts';
import { suggest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

export function complaintsOf(issues: readonly Issue[], value: unknown): Complaint[] {
  return issues.flatMap((issue) => complaintsOfIssue(issue, value));
}

function complaintsOfIssue(issue: Issue, root: unknown): Complaint[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    // A union answers with one of its forms alone, to which keys of the other are unknown.
    const ofOtherForm = issue.keys.find((key) => known.includes(key));
    if (ofOtherForm !== undefined) {
      const found = `the key ${quote(ofOtherForm)} in a form that does not have it`;
      const [form, remedy] = formsAt(path);
      return [{ path: [...path, ofOtherForm], atKey: true, found, expected: form, remedy }];
    }
    return issue.keys.map((key) => ({
      path: [...path, key],
      atKey: true,
      found: `the key ${quote(key)}`,
      expected: `one of ${known.join(', ')}`,
      remedy: suggest(key, known, 'delete it'),
    }));
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    const expected = issue.issues[0]?.message ?? 'another key';
    return [{ path, atKey: true, found: `the key ${quote(key)}`, expected, remedy: 'rename it' }];
  }
  const { present, value } = valueAt(root, path);
  if (issue.code === 'invalid_union') {
    const nearest = nearestForm(issue.errors);
    if (nearest)
      return complaintsOf(
        nearest.map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
        root,
      );
  }
  if (!present) {
    const key = String(path.at(-1) ?? '');
    const holder = path.slice(0, -1);
    return [{ path: holder, found: `no key ${quote(key)}`, expected: expectedBy(issue), remedy: `add "${key}:"` }];
  }
  return [{ path, found: describeValue(value), expected: expectedBy(issue), remedy: remedyFor(issue, value) }];
}

/** Guards are the one part that has two forms. */
function formsAt([part]: readonly PathPart[]): [expected: string, remedy: string] {
  return part === 'guards'
    ? ['"off: true" with "acknowledge", or verdicts by severity', 'write { off: true, acknowledge: why }, or no "off"']
    : ['keys of one form', 'delete it'];
}

/** What the schema wanted, in words. */
export function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `${sizeOf(issue.origin)} of at least ${issue.minimum}`;
    case 'too_big':
      return `${sizeOf(issue.origin)} of at most ${issue.maximum}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap(([first]) => (first ? expectedBy(first) : [])))].join(', or ');
    default:
      return issue.message;
  }
}

/** Of the forms that a value may have, the one with the least to correct; undefined where it has the kind of none. */
function nearestForm(forms: readonly Issue[][]): Issue[] | undefined {
  const ofItsKind = forms.filter((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys' || code.startsWith('too_')),
  );
  const corrections = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return ofItsKind.toSorted((a, b) => corrections(a) - corrections(b))[0];
}

export function remedyFor(issue: Issue, value: unknown, otherwise = 'correct the value'): string {
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    return suggest(value, issue.values.map(String), 'write one of these');
  }
  if (issue.code === 'invalid_type' && issue.expected === 'array') return 'write it as a list: [ … ]';
  if (issue.code === 'invalid_type' && issue.expected === 'string') return 'quote it';
  if (issue.code === 'invalid_type' && value === null) return 'write {} for an empty one';
  return otherwise;
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function sizeOf(origin: string): string {
  if (origin === 'string') return 'a length';
  return origin === 'array' ? 'a number of entries' : 'a value';
}

function valueAt(root: unknown, path: readonly PathPart[]): { present: boolean; value: unknown } {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return { present: false, value: undefined };
    value = (value as Record<PathPart, unknown>)[part];
  }
  return { present: true, value };
}
