/**
 * The whole gate as it runs in a worker (`open-gate.ts`) over calls with 16 KiB of arguments. No network and no engine: what they cost is measured in the suite `overhead`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { z } from 'zod';
import { defineTool } from '../../../tools/define-tool.ts';
import { createToolRegistry } from '../../../tools/registry.ts';
import { zero } from '../../../test/support/ticket-body.ts';
import { quantile, summarise } from '../../parts/statistics.ts';
import type { Measurement } from '../../parts/suite.ts';
import { openGate } from './open-gate.ts';

const callsInRound = 200;
const argumentBytes = 16 * 1024;
const note =
  '2026-03-04T05:06:07Z app[17] INFO handled GET /orders/4711 in 12 ms, user=anna status=200; the customer is told by e-mail. ';
const policy = `version: 1
roles:
  operator: {}
approvals:
  default:
    approvers: { roles: [operator] }
    quorum: 1
    deadline: 60s
    executeWithin: 30s
rules:
  - { id: reads, effect: allow, tools: [read_status], reason: reading is free }
`;
const parameters = z.strictObject({ command: z.string(), path: z.string(), url: z.string(), note: z.string() });
/** One tool that reads, with an argument for each guard. */
export const tools = createToolRegistry(
  [
    defineTool({
      name: 'read_status',
      description: 'Reads',
      effect: 'read',
      parameters,
      commandArguments: ['command'],
      execute: () => 'done',
    }),
  ],
  { moduleDigest: zero },
);

export async function measureGate(rounds: number): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  try {
    // The first round warms up.
    const measured = (await costsOfRounds(folder, rounds + 1)).slice(1);
    const figure = (id: string, at: number, of: (call: Cost) => number): Measurement => ({
      id: `gate/16KiB/${id}`,
      unit: 'ms',
      better: 'lower',
      kind: 'absolute',
      ...(id.endsWith('p99') ? { target: 5 } : {}),
      ...summarise(measured.map((round) => quantile(round.map(of), at))),
    });
    return [
      // With the threads that collect garbage and compile.
      figure('p50', 0.5, ({ processorMs }) => processorMs),
      figure('p99', 0.99, ({ processorMs }) => processorMs),
      // What a call waits for, with the disk; of a machine that does nothing else.
      figure('elapsed-p50', 0.5, ({ elapsedMs }) => elapsedMs),
      figure('elapsed-p99', 0.99, ({ elapsedMs }) => elapsedMs),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Cost {
  processorMs: number;
  elapsedMs: number;
}

async function costsOfRounds(folder: string, rounds: number): Promise<Cost[][]> {
  const { gate, close } = await openGate(folder, { calls: rounds * callsInRound, policy, tools, inputLabels: [] });
  const costs: Cost[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const ofRound: Cost[] = [];
    for (let index = 0; index < callsInRound; index += 1) {
      const turn = round * callsInRound + index + 1;
      const argumentsText = argumentsOf(turn);
      const startedAt = performance.now();
      const before = process.cpuUsage();
      const result = await gate(turn, { tool: 'read_status', argumentsText });
      const { user, system } = process.cpuUsage(before);
      ofRound.push({ processorMs: (user + system) / 1000, elapsedMs: performance.now() - startedAt });
      if (result.kind !== 'decided' || result.decision.body.verdict !== 'allow')
        throw new Error(`Cannot measure the gate: it answered ${result.kind}, expected a permit`);
      // As in a worker between any two calls: what other threads have to say is heard.
      await turnOfLoop();
    }
    costs.push(ofRound);
  }
  await close();
  return costs;
}

/** Each call has a text that was not seen: what was found clean is remembered. */
function argumentsOf(turn: number): string {
  const text = `${turn} ${note.repeat(Math.ceil(argumentBytes / note.length))}`.slice(0, argumentBytes - 200);
  return JSON.stringify({
    command: `grep -rn "order ${turn}" src | sort | head -50`,
    path: `logs/app-${turn}.log`,
    url: `https://status.example.com/orders/${turn}`,
    note: text,
  });
}
