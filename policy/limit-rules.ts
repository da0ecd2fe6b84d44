/**
 * `limit-…`: the policy's limits as far as the call and what is known of its run show them. What is counted over several
 * calls at once is counted for good by the store, at admission: `counters.ts`.
 */
import type { RuleHit } from '../core/contracts/decision.ts';
import { canonicalLength } from './canonical-length.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyInput } from './input.ts';
import { matchesTool } from './tool-pattern.ts';
import { costOf, tokensOf } from './usage.ts';
import { ruleHit } from './verdict.ts';

/** @throws {TypeError} when the arguments are no JSON */
export function argumentByteHits(
  { limits, tools }: CompiledPolicy,
  { args, argumentBytes, tool }: PolicyInput,
): RuleHit[] {
  const own = tools.flatMap(({ pattern, argumentBytes: most }) =>
    most !== undefined && matchesTool(pattern, tool.name) ? [most] : [],
  );
  const limit = Math.min(limits.argumentBytes, ...own);
  return over('limit-argument-bytes', 'The arguments are too large', argumentBytes ?? canonicalLength(args), limit);
}

export function limitHits({ limits, prices }: CompiledPolicy, { run }: PolicyInput): RuleHit[] {
  const usage = run.usage ?? [];
  return [
    over('limit-calls-per-run', 'Too many tool calls in this run', run.calls + 1, limits.callsPerRun),
    over('limit-calls-per-turn', 'Too many tool calls in this turn', run.callsInTurn + 1, limits.callsPerTurn),
    over('limit-turns', 'Too many turns in this run', run.turn, limits.turns),
    over('limit-run-time', 'The run is too old, ms', run.ageMs ?? 0, limits.runTimeMs),
    over('limit-model-tokens', 'The run has used too many tokens', tokensOf(usage), limits.modelTokens),
    limits.modelCost === undefined
      ? []
      : over('limit-model-cost', 'The run has cost too much', rounded(costOf({ prices }, usage)), limits.modelCost),
    over(
      'limit-concurrent-runs',
      'This principal has too many open runs',
      (run.openRunsBefore ?? 0) + 1,
      limits.concurrentRuns,
    ),
  ].flat();
}

function over(id: string, reason: string, count: number, limit: number | undefined): RuleHit[] {
  if (limit === undefined || count <= limit) return [];
  const shown = Number.isFinite(count) ? String(count) : 'not known';
  return [ruleHit(id, 'deny', `${reason}: ${shown}, at most ${limit}`)];
}

/** Up, so that rounding never hides an overrun. */
function rounded(cost: number): number {
  return Number.isFinite(cost) ? Math.ceil(cost * 1e6) / 1e6 : cost;
}
