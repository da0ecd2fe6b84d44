/**
 * Whether the arguments of a call are those that a grant covers: every argument by its pattern, none more and none less. They
 * are compared in their canonical form. Anything unsure does not match.
 */
import { canonicalJson } from '../canonical-json.ts';
import type { ArgumentPattern, Grant } from '../contracts/grant.ts';
import { isLike } from './match-text.ts';

/** Why not, in words that repeat no argument; undefined: they match. @param args of the call, after defaults */
export function whyOtherArguments(
  patterns: Grant['arguments'],
  args: Readonly<Record<string, unknown>>,
): string | undefined {
  const given = Object.keys(args).filter((name) => args[name] !== undefined);
  const more = given.find((name) => !Object.hasOwn(patterns, name));
  if (more !== undefined) return 'it has an argument that the grant does not name';
  for (const [name, pattern] of Object.entries(patterns)) {
    if (!Object.hasOwn(args, name) || args[name] === undefined) return `argument "${name}" is missing`;
    if (!matches(pattern, args[name])) return `argument "${name}" is another one`;
  }
  return undefined;
}

function matches(pattern: ArgumentPattern, value: unknown): boolean {
  switch (pattern.kind) {
    case 'exactly':
      return canonicalOf(value) === pattern.json;
    case 'one-of': {
      const text = canonicalOf(value);
      return text !== undefined && pattern.json.includes(text);
    }
    case 'like':
      return typeof value === 'string' && pattern.globs.some((glob) => isLike(glob, value));
  }
}

function canonicalOf(value: unknown): string | undefined {
  try {
    return canonicalJson(value);
  } catch {
    return undefined;
  }
}
