/** Counts turns in a row that came to nothing but refusals of the same tool: a model that does not take no ends its run. */
import type { CallResult, RunFlow } from '../core/contracts/run.ts';

/**
 * By turns and not by calls, because the model hears of the refusals of a turn only after it.
 *
 * @param results of one turn
 * @returns why the run ends, once one tool was refused in `limit` turns in a row with nothing else done
 */
export function noteRefusals(
  refusals: RunFlow['refusalsInARow'],
  results: readonly CallResult[],
  limit: number,
): string | undefined {
  const again = results.find((result) => result.tool === refusals.tool) ?? results[0];
  if (!again || results.some((result) => result.kind !== 'refused')) {
    refusals.tool = '';
    refusals.count = 0;
    return undefined;
  }
  refusals.count = refusals.tool === again.tool ? refusals.count + 1 : 1;
  refusals.tool = again.tool;
  if (refusals.count < limit) return undefined;
  return `The run ended after ${refusals.count} turns in a row in which "${again.tool}" was refused and nothing else was done, the last time by rule "${again.rule}".`;
}
