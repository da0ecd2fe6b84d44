/**
 * What is wrong with the shape of something that was sent: which key, what it is, what it must be, what to do. For every door that
 * takes JSON. Keys are named, cut and made visible; a value is never repeated, because it may be a secret.
 */
import type { z } from 'zod';
import { expectedBy, type Issue, nearestForm } from './expected-words.ts';
import { makeVisible } from './make-visible.ts';
import { keysAt } from './schema-keys.ts';
import { suggest } from './suggest.ts';

export interface ShapeProblem {
  /** Such as `grant.propose.uses`; empty: the whole. */
  field: string;
  found: string;
  expected: string;
  remedy: string;
}

const mostProblems = 10;
const longestKey = 60;

interface Naming {
  /** @default true */
  namesUnknownKeys: boolean;
}

/** In the schema's order, at most ten. @param value what was sent */
export function shapeProblems(
  schema: z.core.$ZodType,
  issues: readonly Issue[],
  value: unknown,
  naming: Naming = { namesUnknownKeys: true },
): ShapeProblem[] {
  return issues.flatMap((issue) => problemsOf(schema, issue, value, naming)).slice(0, mostProblems);
}

/** `"verdict" is missing, expected one of approve, deny; add it` */
export function shapeProblemText({ field, found, expected, remedy }: ShapeProblem, whole: string): string {
  return `${field === '' ? whole : `"${field}"`} ${found}, expected ${expected}; ${remedy}`;
}

function problemsOf(schema: z.core.$ZodType, issue: Issue, root: unknown, naming: Naming): ShapeProblem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    if (!naming.namesUnknownKeys) {
      const found = `has ${issue.keys.length === 1 ? 'an unknown key' : `${issue.keys.length} unknown keys`}`;
      return [{ field: fieldOf(path), found, expected: `only ${known.join(', ')}`, remedy: 'leave it out' }];
    }
    return issue.keys.slice(0, mostProblems).map((key) => ({
      field: fieldOf([...path, key]),
      found: 'is not known',
      expected: known.length === 0 ? 'no keys' : `one of ${known.join(', ')}`,
      remedy: suggest(key, known, 'leave it out'),
    }));
  }
  if (issue.code === 'invalid_key') {
    const expected = issue.issues[0] ? expectedBy(issue.issues[0]) : 'another name';
    return [{ field: fieldOf(path), found: 'has a name that cannot be', expected, remedy: 'rename it' }];
  }
  if (issue.code === 'invalid_union') {
    const nearest = nearestForm(issue.errors);
    if (nearest)
      return nearest.flatMap((one) => problemsOf(schema, { ...one, path: [...path, ...one.path] }, root, naming));
  }
  const { present, value } = valueAt(root, path);
  const field = fieldOf(path);
  const expected = expectedBy(issue);
  if (!present && path.length > 0) return [{ field, found: 'is missing', expected, remedy: 'add it' }];
  const remedy =
    issue.code === 'invalid_value' && typeof value === 'string'
      ? suggest(value, issue.values.map(String), 'correct it')
      : 'correct it';
  // Where nothing was sent at all, a server may hand over null.
  const found = path.length === 0 && value === null ? 'is missing or null' : `is ${kindOf(value)}`;
  return [{ field, found, expected, remedy }];
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => {
      const text = String(part);
      return makeVisible(text.length > longestKey ? `${text.slice(0, longestKey)}…` : text);
    })
    .join('.');
}

/** Its kind and size, not what it says. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  switch (typeof value) {
    case 'string':
      return value === '' ? 'empty' : `a text of ${value.length} character${value.length === 1 ? '' : 's'}`;
    case 'object':
      return 'an object';
    case 'boolean':
      return String(value);
    default:
      return `a ${typeof value}`;
  }
}

/** Own keys alone: what an object inherits was not sent. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): { present: boolean; value: unknown } {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return { present: false, value: undefined };
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return { present: true, value };
}
