/**
 * Constraints and allowlists on arguments: compiled when the policy is loaded. They only refuse. What they cannot read (a
 * list where a text was expected, a host that is none) they refuse too.
 */
import { compileHost } from './functions/host.ts';
import { compileCidr } from './functions/cidr.ts';
import { compilePath } from './functions/path.ts';
import type { ReadShell, ValidateCommand } from './functions/shell-facts.ts';
import type { ConstraintSource, StrictCommandSource } from './schema-parts.ts';
import { type CompiledPattern, compileGlob, compileRe2 } from './text-patterns.ts';

export interface CompiledConstraint {
  readonly path: readonly string[];
  /** What is wrong with the arguments, without repeating them; undefined when nothing is. */
  readonly check: (args: Readonly<Record<string, unknown>>) => string | undefined;
}

export type AllowlistKind = 'commands' | 'paths' | 'hosts';
export interface CompiledAllowlist {
  readonly kind: AllowlistKind;
  readonly tools: readonly string[];
  readonly path: readonly string[];
  /** Whether all of the argument is on the list. A missing argument is on no list. */
  readonly covers: (value: unknown) => boolean;
}

export type Compiled<T> = { kind: 'compiled'; value: T } | { kind: 'invalid'; pattern: string; reason: string };

type Check = (value: unknown) => string | undefined;

/** @param validateCommand absent: what must be a strict command is refused */
export function compileConstraint(
  argument: string,
  source: ConstraintSource,
  validateCommand?: ValidateCommand,
): Compiled<CompiledConstraint> {
  const checks: Check[] = [];
  if (source.strictCommand) checks.push(strictCommand(source.strictCommand, validateCommand));
  const { oneOf, min, max, maxLength } = source;
  if (oneOf)
    checks.push((value) => (oneOf.some((one) => one === value) ? undefined : 'is not one of the listed values'));
  if (min !== undefined)
    checks.push((value) => (isNumber(value) && value >= min ? undefined : `must be at least ${min}`));
  if (max !== undefined)
    checks.push((value) => (isNumber(value) && value <= max ? undefined : `must be at most ${max}`));
  if (maxLength !== undefined)
    checks.push((value) =>
      typeof value === 'string' && value.length <= maxLength
        ? undefined
        : `must be a text of at most ${maxLength} characters`,
    );
  const families = [
    { patterns: source.glob, compile: compileGlob, says: 'matches none of the listed patterns' },
    {
      patterns: source.re2 === undefined ? undefined : [source.re2],
      compile: compileRe2,
      says: 'does not match its pattern',
    },
    { patterns: source.host, compile: compileHost, says: 'is none of the listed hosts' },
    { patterns: source.path, compile: compilePath, says: 'is none of the listed paths' },
    { patterns: source.cidr, compile: compileCidr, says: 'is in none of the listed blocks' },
  ];
  for (const { patterns, compile, says } of families) {
    if (!patterns) continue;
    const tests = compileAll(patterns, compile);
    if (tests.kind === 'invalid') return tests;
    checks.push((value) => (typeof value === 'string' && passesAny(tests.value, value) ? undefined : says));
  }
  const path = argument.split('.');
  const check = (args: Readonly<Record<string, unknown>>): string | undefined => {
    const value = argumentAt(args, path);
    if (value === undefined) return source.required === true ? `Argument "${argument}" is missing` : undefined;
    // Every element of a list: one that may not be there does not become right by its neighbours.
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const wrong = checks.map((test) => test(one)).find((said) => said !== undefined);
      if (wrong !== undefined) return `Argument "${argument}" ${wrong}`;
    }
    return undefined;
  };
  return { kind: 'compiled', value: { path, check } };
}

function strictCommand(
  { maxBytes: maximumBytes, maxArguments: maximumArguments, metacharacters }: StrictCommandSource,
  validate: ValidateCommand | undefined,
): Check {
  return (value) => {
    if (typeof value !== 'string' || !validate) return 'is no command that can be checked';
    const refusal = validate(value, { maximumBytes, maximumArguments, metacharacters });
    return refusal === undefined ? undefined : `is not one plain command (${refusal})`;
  };
}

export function compileAllowlist(
  kind: AllowlistKind,
  source: { readonly tools: readonly string[]; readonly argument: string; readonly allow: readonly string[] },
  readShell: ReadShell | undefined,
): Compiled<CompiledAllowlist> {
  const base = { kind, tools: source.tools, path: source.argument.split('.') };
  if (kind === 'commands') {
    const allowed = new Set(source.allow);
    return { kind: 'compiled', value: { ...base, covers: (value) => coversCommand(value, allowed, readShell) } };
  }
  const tests = compileAll(source.allow, kind === 'hosts' ? compileHost : compilePath);
  if (tests.kind === 'invalid') return tests;
  const covers = (value: unknown): boolean => {
    const values = Array.isArray(value) ? (value as unknown[]) : [value];
    return values.length > 0 && values.every((one) => typeof one === 'string' && passesAny(tests.value, one));
  };
  return { kind: 'compiled', value: { ...base, covers } };
}

/** Every program of the line, also those inside others: a list that sees one word of it would let `ls && rm` through. */
function coversCommand(value: unknown, allowed: ReadonlySet<string>, readShell: ReadShell | undefined): boolean {
  if (typeof value !== 'string' || !readShell) return false;
  const { parsed, names } = readShell(value);
  return parsed && names.length > 0 && names.every((name) => allowed.has(name));
}

function compileAll(
  patterns: readonly string[],
  compile: (pattern: string) => CompiledPattern,
): Compiled<((text: string) => boolean)[]> {
  const tests: ((text: string) => boolean)[] = [];
  for (const pattern of patterns) {
    const compiled = compile(pattern);
    if (compiled.kind === 'invalid') return { kind: 'invalid', pattern, reason: compiled.reason };
    tests.push(compiled.test);
  }
  return { kind: 'compiled', value: tests };
}

/** A text that a test cannot read is on no list. */
function passesAny(tests: readonly ((text: string) => boolean)[], text: string): boolean {
  return tests.some((test) => {
    try {
      return test(text);
    } catch {
      return false;
    }
  });
}

/** @returns undefined where there is none. */
export function argumentAt(args: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = args;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
