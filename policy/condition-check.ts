/**
 * Reads a parsed condition before it is ever run and complains about whatever is outside the language: functions that are
 * not on the list (the native `matches` first of all), patterns that are not literal, loops within loops within loops.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import {
  allowedFunctions,
  allowedMethods,
  deepestLoops,
  findingFields,
  loopMethods,
  variableFields,
  variableNames,
} from './condition-language.ts';
import { quote } from './problems.ts';
import { suggest } from './suggest.ts';
import { type CompiledPattern, compileGlob, compileRe2 } from './text-patterns.ts';

export interface ConditionComplaint {
  /** Characters from the start of the condition. */
  readonly offset: number;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

/** Compiled patterns by function and text, filled while conditions are checked. */
export interface PatternTable {
  readonly re2: Map<string, (text: string) => boolean>;
  readonly glob: Map<string, (text: string) => boolean>;
}

export function checkCondition(ast: ASTNode, patterns: PatternTable): ConditionComplaint[] {
  const complaints: ConditionComplaint[] = [];
  visit(ast, 0, (node, loops) => {
    if (node.op === 'id' && (node.args === 'cel' || node.args === 'google')) {
      complaints.push(unknownName(node, node.args));
    }
    if (node.op === 'call') complaints.push(...checkFunction(node, node.args[0], node.args[1], patterns));
    if (node.op === 'rcall') complaints.push(...checkMethod(node, node.args[0], node.args[2].length, loops));
  });
  return complaints;
}

export function unknownName(node: { readonly start: number }, name: string): ConditionComplaint {
  return {
    offset: node.start,
    found: `the unknown variable ${quote(name)}`,
    expected: `one of ${variableNames.join(', ')}`,
    remedy: suggest(name, variableNames, 'use a declared variable'),
  };
}

/** A field that its variable does not have. */
export function unknownField(offset: number, field: string): ConditionComplaint {
  const known = [
    ...new Set([...Object.values(variableFields).flatMap((fields) => Object.keys(fields ?? {})), ...findingFields]),
  ];
  return {
    offset,
    found: `the unknown field ${quote(field)}`,
    expected: 'a field that this variable has',
    remedy: suggest(field, known, 'see the list of variables in docs/policy.md'),
  };
}

function checkFunction(
  node: ASTNode,
  name: string,
  args: readonly ASTNode[],
  patterns: PatternTable,
): ConditionComplaint[] {
  const counts = allowedFunctions.get(name);
  if (!counts) return [unknownFunction(node, name, allowedFunctions)];
  if (!counts.includes(args.length)) return [wrongCount(node, name, counts, args.length)];
  if (name === 're2') return checkPattern(name, args[1], patterns.re2, compileRe2);
  if (name === 'glob') return checkPattern(name, args[1], patterns.glob, compileGlob);
  return [];
}

function checkMethod(node: ASTNode, name: string, count: number, loops: number): ConditionComplaint[] {
  const counts = allowedMethods.get(name);
  if (!counts) return [unknownFunction(node, name, allowedMethods)];
  if (!counts.includes(count)) return [wrongCount(node, name, counts, count)];
  if (loopMethods.has(name) && loops >= deepestLoops) {
    return [
      {
        offset: node.start,
        found: `"${name}" inside ${deepestLoops} other loops`,
        expected: `at most ${deepestLoops} loops in one another`,
        remedy: 'split the rule in two',
      },
    ];
  }
  return [];
}

function checkPattern(
  name: string,
  pattern: ASTNode | undefined,
  table: Map<string, (text: string) => boolean>,
  compile: (text: string) => CompiledPattern,
): ConditionComplaint[] {
  const offset = pattern?.start ?? 0;
  const expected = name === 're2' ? 'a regular expression of RE2' : 'a pattern with "*", "**" and "?"';
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    return [
      {
        offset,
        found: `a computed pattern in ${name}()`,
        expected: 'a literal text',
        remedy: 'write the pattern in quotes',
      },
    ];
  }
  const compiled = compile(pattern.args);
  if (compiled.kind === 'invalid') {
    return [
      {
        offset,
        found: `the pattern ${quote(pattern.args)} (${compiled.reason})`,
        expected,
        remedy: 'correct the pattern',
      },
    ];
  }
  table.set(pattern.args, compiled.test);
  return [];
}

function unknownFunction(node: ASTNode, name: string, allowed: ReadonlyMap<string, unknown>): ConditionComplaint {
  const known = [...allowed.keys()];
  const isMatches = name === 'matches';
  return {
    offset: node.start,
    found: isMatches ? 'the function "matches", which one argument can hang' : `the unknown function ${quote(name)}`,
    expected: `one of ${known.join(', ')}`,
    remedy: isMatches ? "write re2(value, 'pattern')" : suggest(name, known, 'use one of these'),
  };
}

function wrongCount(node: ASTNode, name: string, counts: readonly number[], count: number): ConditionComplaint {
  return {
    offset: node.start,
    found: `${name}() with ${count} arguments`,
    expected: `${counts.join(' or ')} arguments`,
    remedy: name.startsWith('get') ? 'timestamps are read in UTC: leave the time zone out' : 'see docs/policy.md',
  };
}

/** Walks what was written, macros included, as it was written. */
function visit(value: unknown, loops: number, see: (node: ASTNode, loops: number) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, loops, see);
    return;
  }
  if (!isNode(value)) return;
  see(value, loops);
  if (value.op === 'rcall') {
    visit(value.args[1], loops, see);
    visit(value.args[2], loopMethods.has(value.args[0]) ? loops + 1 : loops, see);
  } else visit(value.args, loops, see);
}

export function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
