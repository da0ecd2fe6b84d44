/**
 * The literal second argument of `re2`, `glob`, `cidr`, `semver`, `host`, `path`, `local` and `window`: compiled once, when
 * the policy is loaded, and found again by its text when a condition runs.
 */
import { compileCidr } from './functions/cidr.ts';
import { compileHost } from './functions/host.ts';
import { type Clock, compileTimeZone, compileWindow } from './functions/local-time.ts';
import { compilePath } from './functions/path.ts';
import { compileSemver } from './functions/semver.ts';
import { type CompiledPattern, compileGlob, compileRe2, longestPattern } from './text-patterns.ts';

type TextTest = (text: string) => boolean;
type TimeTest = (now: number) => boolean;

export interface LiteralTable {
  readonly texts: ReadonlyMap<string, Map<string, TextTest>>;
  readonly windows: Map<string, TimeTest>;
  readonly clocks: Map<string, Clock>;
}

interface TextFunction {
  readonly expected: string;
  readonly compile: (pattern: string) => CompiledPattern;
}
export const textFunctions: ReadonlyMap<string, TextFunction> = new Map([
  ['re2', { expected: 'a regular expression of RE2', compile: compileRe2 }],
  ['glob', { expected: 'a pattern with "*", "**" and "?"', compile: compileGlob }],
  ['cidr', { expected: 'a block such as 10.0.0.0/8', compile: compileCidr }],
  ['semver', { expected: 'a range of versions such as ">=1.4.0 <2"', compile: compileSemver }],
  ['host', { expected: 'a host, or "*." and a domain', compile: compileHost }],
  ['path', { expected: 'an absolute path with "*", "**" and "?"', compile: compilePath }],
]);

export function createLiteralTable(): LiteralTable {
  return {
    texts: new Map([...textFunctions.keys()].map((name) => [name, new Map<string, TextTest>()])),
    windows: new Map(),
    clocks: new Map(),
  };
}

export function takesLiteral(name: string): boolean {
  return textFunctions.has(name) || name === 'local' || name === 'window';
}

export type CompiledLiteral = { kind: 'compiled' } | { kind: 'invalid'; expected: string; reason: string };

export function compileLiteral(name: string, literal: string, table: LiteralTable): CompiledLiteral {
  if (name === 'window') {
    const window = compileWindow(literal);
    if (window.kind === 'invalid') return { kind: 'invalid', expected: window.reason, reason: 'not a window' };
    table.windows.set(literal, window.test);
    return { kind: 'compiled' };
  }
  if (name === 'local') {
    const clock = compileTimeZone(literal);
    if (!clock)
      return { kind: 'invalid', expected: 'a time zone such as Europe/Berlin or UTC', reason: 'no time zone' };
    table.clocks.set(literal, clock);
    return { kind: 'compiled' };
  }
  return compileText(name, literal, table);
}

function compileText(name: string, literal: string, table: LiteralTable): CompiledLiteral {
  const { expected = 'a literal', compile } = textFunctions.get(name) ?? {};
  if (literal.length > longestPattern) {
    return { kind: 'invalid', expected, reason: `longer than ${longestPattern} characters` };
  }
  const compiled = compile?.(literal) ?? { kind: 'invalid', reason: 'no such function' };
  if (compiled.kind === 'invalid') return { kind: 'invalid', expected, reason: compiled.reason };
  table.texts.get(name)?.set(literal, compiled.test);
  return { kind: 'compiled' };
}
