/**
 * Makes every turn of a loop in a condition cost a step, and every value that is compared, searched or split cost its size:
 * without the second, a loop over one argument that splits another takes minutes. It reaches into how the CEL library
 * keeps a loop's body and an operand, which has no public door; the version is pinned and a test fails when either is no
 * longer counted.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { ConditionBudget } from './condition-budget.ts';
import { isNode } from './condition-check.ts';
import { allowedFunctions, allowedMethods, loopMethods } from './condition-language.ts';

/** Operators and functions whose work grows with what they are given. */
const readingOperators: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in', '+']);
/** `re2` and `glob` count for themselves. */
const readingFunctions: ReadonlySet<string> = new Set(
  [...allowedFunctions.keys()].filter((name) => !['has', 're2', 'glob'].includes(name)),
);
const readingMethods: ReadonlySet<string> = new Set(
  [...allowedMethods.keys()].filter((name) => !loopMethods.has(name) && !name.startsWith('get')),
);

type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown;
interface Metered {
  readonly meta: { evaluate: Evaluate };
  setMeta(key: 'evaluate', value: Evaluate): unknown;
}
/** A loop runs as the node that it was expanded to. */
interface Expanded {
  readonly meta: { readonly alternate?: Metered & { readonly args: { readonly step: Metered } } };
}

/** To be called once, after the condition's types were checked. @returns false when something could not be metered. */
export function meter(ast: ASTNode, budget: ConditionBudget): boolean {
  let complete = true;
  const operands = new Set<ASTNode>();
  visit(ast, (node) => {
    if (node.op === 'rcall' && loopMethods.has(node.args[0])) {
      const body = (node as unknown as Expanded).meta?.alternate?.args?.step;
      if (!wrap(body, (run) => (budget.step(), run()))) complete = false;
    }
    for (const operand of operandsOf(node)) operands.add(operand);
  });
  for (const operand of operands) {
    const node = (operand as unknown as Expanded).meta?.alternate ?? (operand as unknown as Metered);
    const charged = wrap(node, (run) => {
      const value = run();
      budget.read(value);
      return value;
    });
    if (!charged) complete = false;
  }
  return complete;
}

function wrap(node: Metered | undefined, around: (run: () => unknown) => unknown): boolean {
  if (typeof node?.meta?.evaluate !== 'function') return false;
  const evaluate = node.meta.evaluate;
  node.setMeta('evaluate', (evaluator, inner, context) => around(() => evaluate(evaluator, inner, context)));
  return true;
}

function operandsOf(node: ASTNode): readonly ASTNode[] {
  if (node.op === 'call') return readingFunctions.has(node.args[0]) ? node.args[1] : [];
  if (node.op === 'rcall') return readingMethods.has(node.args[0]) ? [node.args[1], ...node.args[2]] : [];
  if (!readingOperators.has(node.op) || !Array.isArray(node.args)) return [];
  return (node.args as readonly unknown[]).filter(isNode);
}

function visit(value: unknown, see: (node: ASTNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see);
  } else if (isNode(value)) {
    see(value);
    visit(value.args, see);
  }
}
