/**
 * Makes every turn of a loop in a condition cost a step. It reaches into how the CEL library keeps a loop's body, which
 * has no public door; the version is pinned and a test fails when a loop is no longer counted.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { isNode } from './condition-check.ts';
import { loopMethods } from './condition-language.ts';

type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown;
interface LoopBody {
  readonly meta: { evaluate: Evaluate };
  setMeta(key: 'evaluate', value: Evaluate): unknown;
}
interface ExpandedLoop {
  readonly meta: { readonly alternate?: { readonly args: { readonly step: LoopBody } } };
}

/** To be called once, after the condition's types were checked. @returns false when a loop could not be metered. */
export function meterLoops(ast: ASTNode, countStep: () => void): boolean {
  let complete = true;
  visit(ast, (node) => {
    if (node.op !== 'rcall' || !loopMethods.has(node.args[0])) return;
    const body = (node as unknown as ExpandedLoop).meta?.alternate?.args?.step;
    if (typeof body?.meta?.evaluate !== 'function') {
      complete = false;
      return;
    }
    const run = body.meta.evaluate;
    body.setMeta('evaluate', (evaluator, inner, context) => {
      countStep();
      return run(evaluator, inner, context);
    });
  });
  return complete;
}

function visit(value: unknown, see: (node: ASTNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see);
  } else if (isNode(value)) {
    see(value);
    visit(value.args, see);
  }
}
