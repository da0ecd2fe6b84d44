/** The beforeTool guards over one call: what they found, and of the guards that failed that they did. */
import type { Finding } from '../core/contracts/labels.ts';
import type { ToolDefinition } from '../core/contracts/tool.ts';
import { type Guard, runGuards } from '../guards/index.ts';
import { within } from './within.ts';

/** Of one decision: more would make it too large, and nobody reads them. The worst are kept. */
const mostFindings = 50;
const order: readonly Finding['severity'][] = ['critical', 'high', 'medium', 'low', 'info'];

export async function guardCall(
  guards: readonly Guard[],
  text: string,
  call: { definition: ToolDefinition; args: Readonly<Record<string, unknown>> } | undefined,
): Promise<Finding[]> {
  const about = call && { tool: { ...pick(call.definition) }, args: call.args };
  const { findings } = await runGuards(guards, 'beforeTool', { text, ...about }, within);
  return findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity)).slice(0, mostFindings);
}

function pick({ name, effect, tags, commandArguments = [] }: ToolDefinition) {
  return { name, effect, tags, commandArguments };
}
