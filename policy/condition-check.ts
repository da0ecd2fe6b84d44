/**
 * Reads a parsed condition before it is ever run and complains about whatever is outside the language: functions that are
 * not on the list (the native `matches` first of all), patterns that are not literal, loops within loops within loops.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import {
  allowedFunctions,
  allowedMethods,
  deepestLoops,
  innerFields,
  loopMethods,
  variableFields,
  variableNames,
} from './condition-language.ts';
import { quote } from './problems.ts';
import { suggest } from '../core/suggest.ts';
import { compileLiteral, type LiteralTable, takesLiteral } from './literals.ts';

export interface ConditionComplaint {
  /** Characters from the start of the condition. */
  readonly offset: number;
  readonly found: string;
  readonly expected: string;
  readonly remedy: string;
}

export function checkCondition(ast: ASTNode, literals: LiteralTable): ConditionComplaint[] {
  const complaints: ConditionComplaint[] = [];
  visit(ast, 0, (node, loops) => {
    if (node.op === 'id' && (node.args === 'cel' || node.args === 'google')) {
      complaints.push(unknownName(node, node.args));
    }
    if (node.op === 'call') complaints.push(...checkFunction(node, node.args[0], node.args[1], literals));
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
    ...new Set([...Object.values(variableFields).flatMap((fields) => Object.keys(fields ?? {})), ...innerFields]),
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
  literals: LiteralTable,
): ConditionComplaint[] {
  const counts = allowedFunctions.get(name);
  if (!counts) return [unknownFunction(node, name, allowedFunctions)];
  if (!counts.includes(args.length)) return [wrongCount(node, name, counts, args.length)];
  return takesLiteral(name) && args.length === 2 ? checkLiteral(name, args[1], literals) : [];
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

/** Literal, so that it is compiled once and its mistakes are found when the policy is loaded. */
function checkLiteral(name: string, literal: ASTNode | undefined, literals: LiteralTable): ConditionComplaint[] {
  const offset = literal?.start ?? 0;
  if (literal?.op !== 'value' || typeof literal.args !== 'string') {
    return [
      {
        offset,
        found: `a computed pattern in ${name}()`,
        expected: 'a literal text',
        remedy: 'write the pattern in quotes',
      },
    ];
  }
  const compiled = compileLiteral(name, literal.args, literals);
  if (compiled.kind === 'compiled') return [];
  const found = `the pattern ${quote(literal.args)} (${compiled.reason})`;
  return [{ offset, found, expected: compiled.expected, remedy: 'correct the pattern' }];
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
