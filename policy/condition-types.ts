/**
 * Types of `args` from a tool's JSON Schema: they find `args.replcas` when the policy is loaded. They are advice to whoever
 * writes the policy: the gate evaluates without them, because a tool may change under a policy that stays.
 */
import { type ASTNode, type ObjectSchema, type ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import type { ConditionComplaint } from './condition-check.ts';
import { isNode } from './condition-check.ts';
import { typedEnvironment } from './condition-language.ts';
import { registerFunctions } from './condition-functions.ts';
import { ConditionBudget } from './condition-budget.ts';
import { createLiteralTable } from './literals.ts';
import { suggest } from '../core/suggest.ts';

/** What a condition is checked against: one tool's arguments. */
export interface ArgumentTypes {
  readonly tool: string;
  readonly names: readonly string[];
  readonly check: (text: string) => CheckedTypes;
}
interface CheckedTypes {
  readonly ast: ASTNode;
  readonly error: ParseError | CelTypeError | undefined;
}

/** @param parameters JSON Schema of the arguments. @returns undefined when it says nothing about them. */
export function argumentTypes(tool: string, parameters: unknown): ArgumentTypes | undefined {
  const schema = objectSchema(parameters, 0);
  if (typeof schema === 'string') return undefined;
  const bound = { budget: new ConditionBudget(), literals: createLiteralTable(), readShell: undefined };
  const environment = registerFunctions(typedEnvironment(schema), bound);
  return {
    tool,
    names: Object.keys(schema),
    check: (text) => {
      const parsed = environment.parse(text);
      const { error } = parsed.check();
      return { ast: parsed.ast, error };
    },
  };
}

/** A complaint where no tool of the rule has the argument, or where none of them takes the types. */
export function typeComplaints(
  text: string,
  types: readonly ArgumentTypes[],
  complaintOf: (error: unknown) => ConditionComplaint,
): ConditionComplaint[] {
  const found = types.map((one) => complaintAgainst(text, one, complaintOf));
  const [first] = found;
  return first && found.every((one) => one !== undefined) ? [first] : [];
}

function complaintAgainst(
  text: string,
  { tool, names, check }: ArgumentTypes,
  complaintOf: (error: unknown) => ConditionComplaint,
): ConditionComplaint | undefined {
  const { ast, error } = check(text);
  const unknown = unknownArgument(ast, names);
  const [offset, field] =
    unknown ??
    (error instanceof CelTypeError && error.code === 'no_such_key'
      ? [error.range?.start ?? 0, text.slice(error.range?.start ?? 0, error.range?.end ?? 0)]
      : []);
  if (offset !== undefined && field !== undefined) {
    return {
      offset,
      found: `the argument "${field}", which tool "${tool}" does not take`,
      expected: `one of ${names.join(', ') || 'none: it takes no arguments'}`,
      remedy: suggest(field, names, 'use an argument of the tool'),
    };
  }
  // Where `args` is used as a map (`"x" in args`), the types of its fields say nothing.
  if (!error || usesWhole(ast)) return undefined;
  const complaint = complaintOf(error);
  return { ...complaint, found: `${complaint.found}, as tool "${tool}" takes its arguments` };
}

/** `has(args.x)` passes the type check of CEL whatever x is, so names are looked at here. */
function unknownArgument(value: unknown, names: readonly string[]): readonly [number, string] | undefined {
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = unknownArgument(item, names);
      if (found) return found;
    }
    return undefined;
  }
  if (!isNode(value)) return undefined;
  if (
    value.op === '.' &&
    value.args[0].op === 'id' &&
    value.args[0].args === 'args' &&
    !names.includes(value.args[1])
  ) {
    return [value.range.end - value.args[1].length, value.args[1]];
  }
  return unknownArgument(value.args, names);
}

function usesWhole(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(usesWhole);
  if (!isNode(value)) return false;
  if (value.op === 'id') return value.args === 'args';
  if ((value.op === '.' || value.op === '[]') && value.args[0].op === 'id')
    return value.op === '[]' && usesWhole(value.args[1]);
  return usesWhole(value.args);
}

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'int',
  // JSON does not tell 1 from 1.0, and 1 arrives as an integer.
  number: 'dyn',
  boolean: 'bool',
};
const deepest = 6;

/** `dyn` for whatever CEL's types cannot say: it then is not checked. */
function objectSchema(schema: unknown, depth: number): ObjectSchema | string {
  if (typeof schema !== 'object' || schema === null || depth > deepest) return 'dyn';
  const { type, properties, additionalProperties, items } = schema as Record<string, unknown>;
  if (type === 'object') {
    if (typeof properties !== 'object' || properties === null || (additionalProperties ?? false) !== false)
      return 'dyn';
    const fields = Object.entries(properties).map(([key, inner]) => [key, objectSchema(inner, depth + 1)] as const);
    return fields.length === 0 && depth > 0 ? 'dyn' : Object.fromEntries(fields);
  }
  if (type === 'array') {
    const inner = objectSchema(items, depth + 1);
    return typeof inner === 'string' && inner !== 'dyn' ? `list<${inner}>` : 'list';
  }
  return (typeof type === 'string' ? scalars[type] : undefined) ?? 'dyn';
}
