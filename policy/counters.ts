/**
 * Which counters a call takes from, under several policies at once: calls of a principal in a minute and a day, calls of a
 * tool in a run, a minute and a day. The store takes them all in the transaction that admits the call, or none.
 */
import type { CompiledPolicy, CompiledTool } from './compiled-policy.ts';
import { matchesTool } from './tool-pattern.ts';

export interface CounterLimit {
  /** What is counted: the same text is the same counter. */
  readonly scope: string;
  /** The limit holds in every span of this length; null: for ever. */
  readonly windowMs: number | null;
  readonly limit: number;
  /** The rule that denies when it is full. */
  readonly rule: string;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** @param call `policies` by the layer they belong to: versions of one layer share its counters, and the lower limit counts */
export function countersOf(
  policies: readonly { readonly layer: string; readonly policy: CompiledPolicy }[],
  call: { readonly principal: string; readonly tool: string; readonly workflowId: string },
): CounterLimit[] {
  const byScope = new Map<string, CounterLimit>();
  const add = (counter: Omit<CounterLimit, 'limit'>, limit: number | undefined): void => {
    if (limit === undefined) return;
    const before = byScope.get(counter.scope);
    byScope.set(counter.scope, { ...counter, limit: Math.min(limit, before?.limit ?? limit) });
  };
  const scope = (...parts: string[]): string => JSON.stringify(parts);
  for (const { layer, policy } of policies) {
    const { limits } = policy;
    const of = ['principal', call.principal];
    add({ scope: scope('minute', ...of), windowMs: minuteMs, rule: 'limit-calls-per-minute' }, limits.callsPerMinute);
    add({ scope: scope('day', ...of), windowMs: dayMs, rule: 'limit-calls-per-day' }, limits.callsPerDay);
    for (const tool of policy.tools.filter(({ pattern }) => matchesTool(pattern, call.tool))) addTool(layer, tool);
  }
  return [...byScope.values()].toSorted((a, b) => (a.scope < b.scope ? -1 : 1));

  function addTool(layer: string, { pattern, callsPerRun, callsPerMinute, callsPerDay }: CompiledTool): void {
    const of = ['principal', call.principal, 'tool', layer, pattern];
    const inRun = scope('run', call.workflowId, 'tool', layer, pattern);
    add({ scope: inRun, windowMs: null, rule: 'limit-tool-calls-per-run' }, callsPerRun);
    add({ scope: scope('minute', ...of), windowMs: minuteMs, rule: 'limit-tool-calls-per-minute' }, callsPerMinute);
    add({ scope: scope('day', ...of), windowMs: dayMs, rule: 'limit-tool-calls-per-day' }, callsPerDay);
  }
}
