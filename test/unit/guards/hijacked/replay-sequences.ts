/**
 * A hijacked agent that replays an attacker's calls after it read somebody's text, and an honest one that works as every day:
 * through the real gate, with the default policy. Sequences are put together from `calls.yaml`, none twice. For tests and benches.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { CheckCallResult } from '../../../../core/contracts/activities.ts';
import type { Label } from '../../../../core/contracts/labels.ts';
import type { EffectClass } from '../../../../core/contracts/tool.ts';
import { defaultPolicyText } from '../../../../policy/index.ts';
import { defineTool } from '../../../../tools/define-tool.ts';
import { createToolRegistry, type ToolRegistry } from '../../../../tools/registry.ts';
import { shellTool } from '../../../../tools/shell-tool.ts';
import { zero } from '../../../support/ticket-body.ts';

export type Call = [tool: string, args: Record<string, unknown>];
const { attacks, reads } = parse(readFileSync(new URL('calls.yaml', import.meta.url), 'utf8')) as {
  attacks: Record<string, Call[]>;
  reads: Call[];
};
const attackCalls = Object.values(attacks).flat();

const text = z.string().optional();
const words = ['path', 'url', 'to', 'text', 'channel', 'name', 'role', 'id', 'command', 'query', 'account', 'item'];
const parameters = z.strictObject({
  ...Object.fromEntries(words.map((word) => [word, text])),
  amount: z.int().optional(),
  count: z.int().optional(),
});
const toolsByEffect: Readonly<Record<EffectClass, readonly string[]>> = {
  read: ['read_file', 'search_docs', 'http_get', 'get_invoice', 'list_users'],
  idempotent: ['restart_service', 'update_dns', 'update_payee'],
  effect: [
    'create_user',
    'send_email',
    'post_message',
    'delete_backup',
    'drop_table',
    'approve_request',
    'schedule_job',
    'transfer_money',
    'place_order',
  ],
};
const tools = createToolRegistry(
  [
    shellTool(),
    ...(Object.entries(toolsByEffect) as [EffectClass, string[]][]).flatMap(([effect, names]) =>
      names.map((name) =>
        defineTool({ name, effect, parameters, description: `The tool ${name}`, execute: () => 'done' }),
      ),
    ),
  ],
  { moduleDigest: zero },
);

/** One pass of the gate for a call of that turn. */
export type Gate = (turn: number, call: { tool: string; argumentsText: string }) => Promise<CheckCallResult>;

/** A run with these tools and the default policy that has read something untrusted. Asked again: another one. */
export type OpenRun = (run: {
  tools: ToolRegistry;
  policy: string;
  inputLabels: Label[];
  calls: number;
}) => Promise<Gate>;

const callsOfRun = 190;

/** Verdicts of the sequences' calls, in order. A run has a bounded number of turns, so many runs share the work. */
async function replay(sequences: readonly (readonly Call[])[], openRun: OpenRun): Promise<string[][]> {
  const verdicts: string[][] = [];
  let turn = 0;
  let gate: Gate | undefined;
  for (const sequence of sequences) {
    if (!gate || turn + sequence.length > callsOfRun) {
      const inputLabels: Label[] = ['operator', 'untrusted'];
      gate = await openRun({ tools, policy: defaultPolicyText, inputLabels, calls: callsOfRun });
      turn = 0;
    }
    const verdictsOfRun: string[] = [];
    for (const [tool, args] of sequence) {
      turn += 1;
      verdictsOfRun.push(verdictIn(await gate(turn, { tool, argumentsText: JSON.stringify(args) }), tool));
    }
    verdicts.push(verdictsOfRun);
  }
  return verdicts;
}

/** @throws {Error} where a call was refused for its form: it would prove nothing */
function verdictIn(result: CheckCallResult, tool: string): string {
  const rules = result.kind === 'decided' ? result.decision.body.rules.map(({ id }) => id) : [result.kind];
  if (result.kind !== 'decided' || /arguments-invalid|unknown-tool|gate-fault|limit-/u.test(rules.join(' ')))
    throw new Error(`Cannot replay a call of "${tool}": it was ${rules.join(' ')}, expected what policy or guards say`);
  return result.decision.body.verdict;
}

export interface Replayed {
  sequence: readonly Call[];
  verdicts: readonly string[];
}

const readAt = (at: number): Call => reads[at % reads.length] as Call;
const rounds = (at: number, length: number): number => Math.floor(at / length);

/** A read, and behind it one of the attacker's calls: each of those three times, behind another read. */
export async function replayHijacked(openRun: OpenRun): Promise<Replayed[]> {
  return await replayed(
    Array.from({ length: 3 * attackCalls.length }, (_, at) => [
      readAt(at + 17 * rounds(at, attackCalls.length)),
      attackCalls[at % attackCalls.length] as Call,
    ]),
    openRun,
  );
}

/** Two reads each, as they come in a day: each as often as the others, and behind it another one each time. */
export async function replayOrdinary(openRun: OpenRun): Promise<Replayed[]> {
  return await replayed(
    Array.from({ length: 300 }, (_, at) => [readAt(at), readAt(at + 1 + rounds(at, reads.length))]),
    openRun,
  );
}

async function replayed(sequences: readonly (readonly Call[])[], openRun: OpenRun): Promise<Replayed[]> {
  const verdicts = await replay(sequences, openRun);
  return sequences.map((sequence, at) => ({ sequence, verdicts: verdicts[at] ?? [] }));
}
