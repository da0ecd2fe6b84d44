/**
 * Turns the schema's issues into complaints that say what was found, what was expected and what to do, with the nearest
 * known key where one was mistyped.
 */
import { expectedBy as expectedWords, type Issue, nearestForm, type TypeNames } from '../core/expected-words.ts';
import { type Complaint, describeValue, type PathPart, quote } from './problems.ts';
import { keysAt } from './schema-keys.ts';
import { valueAt } from '../core/shape-problems.ts';
import { suggest } from '../core/suggest.ts';

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

/** What the schema wanted, in the words of YAML. */
export function expectedBy(issue: Issue): string {
  return expectedWords(issue, yamlNames);
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

const yamlNames: TypeNames = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};
