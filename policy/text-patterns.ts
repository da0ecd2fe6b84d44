/**
 * The patterns of `re2(value, '…')` and `glob(value, '…')`, compiled once when the policy is loaded. Both run on RE2,
 * whose time is linear in the text: no pattern and no argument can hang the gate.
 */
import { RE2JS } from 're2js';

export const longestPattern = 512;

export type CompiledPattern =
  | { kind: 'pattern'; test: (text: string) => boolean }
  | { kind: 'invalid'; reason: string };

/** A regular expression in RE2's syntax; it matches anywhere unless it is anchored. */
export function compileRe2(pattern: string): CompiledPattern {
  if (pattern.length > longestPattern) return { kind: 'invalid', reason: `longer than ${longestPattern} characters` };
  try {
    const compiled = RE2JS.compile(pattern);
    return { kind: 'pattern', test: (text) => compiled.test(text) };
  } catch (error) {
    return { kind: 'invalid', reason: error instanceof Error ? error.message : 'not RE2 syntax' };
  }
}

/**
 * A pattern for paths and host names, which must match the whole text: `*` is any characters but "/", `**` any
 * characters at all, a leading or inner double star with its slash also stands for nothing, `?` is one character but "/".
 */
export function compileGlob(pattern: string): CompiledPattern {
  if (pattern.length > longestPattern) return { kind: 'invalid', reason: `longer than ${longestPattern} characters` };
  let expression = '';
  for (let at = 0; at < pattern.length; ) {
    if (pattern.startsWith('**/', at) && (at === 0 || pattern[at - 1] === '/')) {
      expression += '(?:.*/)?';
      at += 3;
    } else if (pattern.startsWith('**', at)) {
      expression += '.*';
      at += 2;
    } else {
      const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
      if (character === '*') expression += '[^/]*';
      else expression += character === '?' ? '[^/]' : RE2JS.quote(character);
      at += character.length;
    }
  }
  return compileRe2Whole(`(?s)\\A(?:${expression})\\z`);
}

function compileRe2Whole(expression: string): CompiledPattern {
  try {
    const compiled = RE2JS.compile(expression);
    return { kind: 'pattern', test: (text) => compiled.test(text) };
  } catch {
    return { kind: 'invalid', reason: 'not a pattern' };
  }
}
