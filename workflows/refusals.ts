/** Counts refusals of the same tool in a row with nothing else done: a model that does not take no ends its run. */
import type { CallResult, RunFlow } from '../core/contracts/run.ts';

/** @returns why the run ends, once `limit` refusals of one tool stand in a row. */
export function noteRefusals(
  refusals: RunFlow['refusalsInARow'],
  results: readonly CallResult[],
  limit: number,
): string | undefined {
  for (const result of results) {
    if (result.kind !== 'refused') {
      refusals.tool = '';
      refusals.count = 0;
      continue;
    }
    refusals.count = refusals.tool === result.tool ? refusals.count + 1 : 1;
    refusals.tool = result.tool;
    if (refusals.count >= limit) {
      return `The run ended after ${refusals.count} refusals of "${result.tool}" in a row, the last by rule "${result.rule}".`;
    }
  }
  return undefined;
}
