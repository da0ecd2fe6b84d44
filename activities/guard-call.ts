/** The beforeTool guards over one call: what they found, and of the guards that failed that they did. */
import type { Finding } from '../core/contracts/labels.ts';
import type { ToolDefinition } from '../core/contracts/tool.ts';
import { type Guard, type GuardInput, pointMs, runGuards } from '../guards/index.ts';
import { type GuardSettings, usualGuardSettings } from '../policy/index.ts';
import type { Redact } from './redact-for-run.ts';
import { withinBudget } from './within.ts';
import { worstFindings } from './worst-findings.ts';

export interface GuardedCall {
  definition: ToolDefinition;
  args: Readonly<Record<string, unknown>>;
}

/** @param redact for what the guards say; absent: marks without digits */
export async function guardCall(
  guards: readonly Guard[],
  text: string,
  call: GuardedCall | undefined,
  settings: GuardSettings = usualGuardSettings,
  redact?: Redact,
): Promise<Finding[]> {
  const input = { text, ...(call ? aboutCall(call) : {}) };
  const isOff = (guard: string): boolean => settings.offBecause(guard) !== undefined;
  const { findings } = await runGuards(guards, 'beforeTool', input, withinBudget(pointMs.beforeTool), {
    isOff,
    ...(redact ? { redact } : {}),
  });
  return worstFindings(findings);
}

/** What guards see of a call, before it and after it. */
export function aboutCall({ definition, args }: GuardedCall): Pick<GuardInput, 'tool' | 'args'> {
  const { name, effect, tags, commandArguments = [] } = definition;
  // A pack's guard is handed what no later check reads: changing it changes nothing.
  const tool = { name, effect, tags: Object.freeze([...tags]), commandArguments: Object.freeze([...commandArguments]) };
  return { tool: Object.freeze(tool), args };
}
