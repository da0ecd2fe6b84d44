/**
 * Conditions of rules: compiled when the policy is loaded, run when a call is decided. A condition answers true or false
 * or fails; a failure never counts as either. Nothing it can say takes unbounded work or does I/O.
 */
import { EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import { ConditionBudget } from './condition-budget.ts';
import type { ClosedWords } from './closed-words.ts';
import { checkCondition, type ConditionComplaint } from './condition-check.ts';
import { complaintOf } from './condition-faults.ts';
import { registerFunctions } from './condition-functions.ts';
import { conditionEnvironment } from './condition-language.ts';
import { meter } from './condition-meter.ts';
import { type ArgumentTypes, typeComplaints } from './condition-types.ts';
import { wordComplaints } from './condition-words.ts';
import type { ReadShell } from './functions/shell-facts.ts';
import { lazily } from './lazily.ts';
import { createLiteralTable } from './literals.ts';
import { quote } from './problems.ts';

export type ConditionResult =
  | { kind: 'value'; value: boolean }
  /** What failed, in words that repeat the policy's text and never an argument. */
  | { kind: 'failed'; why: string };

export interface Condition {
  readonly text: string;
  /** Never throws. @param context from `conditionContext` */
  evaluate(context: Readonly<Record<string, unknown>>): ConditionResult;
}

export type CompiledCondition =
  | { kind: 'condition'; condition: Condition }
  | { kind: 'invalid'; complaints: ConditionComplaint[] };

/** Compiles the conditions of one policy and holds the budget that they share. */
export interface ConditionEngine {
  /** @param types of the tools that the rule is for, where they are known: what does not fit all of them is a mistake. */
  compile(text: string, types?: readonly ArgumentTypes[]): CompiledCondition;
  /** Gives the whole budget back; to be called before each condition is run. */
  refill(): void;
}

/**
 * @param closed values that hold the words of a closed list only
 * @param readShell absent: a condition that asks about a shell command fails.
 */
export function createConditionEngine(
  closed: ReadonlyMap<string, ClosedWords>,
  readShell?: ReadShell,
): ConditionEngine {
  const budget = new ConditionBudget();
  const literals = createLiteralTable();
  // Made for the first condition: most of what it costs to load a small policy.
  const environment = lazily(() => registerFunctions(conditionEnvironment(), { budget, literals, readShell }));

  const compile = (text: string, types: readonly ArgumentTypes[] = []): CompiledCondition => {
    try {
      const parsed = environment().parse(text);
      const complaints = checkCondition(parsed.ast, literals);
      if (complaints.length > 0) return { kind: 'invalid', complaints };
      const checked = parsed.check();
      if (!checked.valid) return { kind: 'invalid', complaints: [complaintOf(checked.error, text)] };
      if (checked.type !== 'bool' && checked.type !== 'dyn')
        return { kind: 'invalid', complaints: [notBoolean(checked.type)] };
      const mistyped = typeComplaints(text, types, (error) => complaintOf(error, text));
      if (mistyped.length > 0) return { kind: 'invalid', complaints: mistyped };
      const misspelt = wordComplaints(parsed.ast, closed);
      if (misspelt.length > 0) return { kind: 'invalid', complaints: misspelt };
      if (!meter(parsed.ast, budget)) return { kind: 'invalid', complaints: [unmetered] };
      return { kind: 'condition', condition: { text, evaluate: (context) => run(parsed, context, budget, text) } };
    } catch (error) {
      return { kind: 'invalid', complaints: [complaintOf(error, text)] };
    }
  };
  return { compile, refill: () => budget.refill() };
}

function run(
  parsed: ParseResult,
  context: Readonly<Record<string, unknown>>,
  budget: ConditionBudget,
  text: string,
): ConditionResult {
  try {
    const value: unknown = parsed(context);
    if (budget.spent) return { kind: 'failed', why: 'it takes more work than a condition may' };
    if (typeof value === 'boolean') return { kind: 'value', value };
    return { kind: 'failed', why: 'it gives neither true nor false' };
  } catch (error) {
    if (budget.spent) return { kind: 'failed', why: 'it takes more work than a condition may' };
    return { kind: 'failed', why: failureOf(error, text) };
  }
}

/** From the error's code and the policy's own text: the library's messages can repeat arguments. */
function failureOf(error: unknown, text: string): string {
  if (!(error instanceof EvaluationError)) return 'it cannot be evaluated';
  const where = error.range
    ? ` at ${quote(text.slice(error.range.start, Math.max(error.range.end, error.range.start + 1)))}`
    : '';
  return `${error.code.replaceAll('_', ' ')}${where}`;
}

function notBoolean(type: string | undefined): ConditionComplaint {
  return {
    offset: 0,
    found: `a condition that gives ${type ?? 'nothing'}`,
    expected: 'true or false',
    remedy: 'compare it with something',
  };
}

const unmetered: ConditionComplaint = {
  offset: 0,
  found: 'a part whose work cannot be bounded',
  expected: 'loops and comparisons whose work is counted',
  remedy: 'write it without a loop',
};
