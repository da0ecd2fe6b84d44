/**
 * What differs between the arguments of two calls of one tool, value by value, in the order of the later call. Text in,
 * text out: nothing is interpreted, and what is long is cut, so that a difference is pointed at and not hidden by its size.
 */
import { jsonOrUndefined } from '../json-or-undefined.ts';
import { withoutHalfPair } from './build-card.ts';

export interface ArgumentChange {
  /** JSON pointer; empty: the arguments as a whole. */
  path: string;
  /** JSON text, cut; null: was not there. */
  before: string | null;
  /** JSON text, cut; null: is not there any more. */
  after: string | null;
}

export interface ArgumentChanges {
  changes: ArgumentChange[];
  /** Further ones that are not listed. */
  more: number;
}

const mostListed = 20;
const longestValue = 200;

/** @param before @param after RFC 8785 text of arguments, whole */
export function compareArguments(before: string, after: string): ArgumentChanges {
  const changes: ArgumentChange[] = [];
  let count = 0;
  const add = (path: string, old: unknown, now: unknown): void => {
    count += 1;
    if (changes.length < mostListed)
      changes.push({ path: path.slice(0, 200), before: textOf(old), after: textOf(now) });
  };
  const walk = (old: unknown, now: unknown, path: string): void => {
    if (isPlain(old) && isPlain(now) && Array.isArray(old) === Array.isArray(now)) {
      for (const name of new Set([...Object.keys(now), ...Object.keys(old)])) {
        walk(ownValue(old, name), ownValue(now, name), `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
      }
      if (Object.keys(old).length + Object.keys(now).length > 0) return;
    }
    if (JSON.stringify(old) !== JSON.stringify(now)) add(path, old, now);
  };
  walk(jsonOrUndefined(before), jsonOrUndefined(after), '');
  return { changes, more: count - changes.length };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function ownValue(of: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

function textOf(value: unknown): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(value);
  return text.length > longestValue
    ? `${withoutHalfPair(text.slice(0, longestValue))}… (${text.length} characters)`
    : text;
}
