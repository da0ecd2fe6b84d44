/**
 * The whole gate as it runs in a worker (`check-call` with its store on disk, keys, policy, signature and all built-in guards)
 * over calls with 16 KiB of arguments. No network and no engine: what they cost is measured in the suite `overhead`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createCheckCall } from '../../../activities/check-call.ts';
import { defaultGateBounds } from '../../../activities/check-call/dependencies.ts';
import { guardCall } from '../../../activities/guard-call.ts';
import { createPolicySource } from '../../../activities/policy-source.ts';
import type { Clock } from '../../../core/clock.ts';
import type { CheckCallResult } from '../../../core/contracts/activities.ts';
import { digestJson } from '../../../core/digest.ts';
import { sealEnvelope } from '../../../core/envelope.ts';
import { builtInGuards, classifyShell } from '../../../guards/index.ts';
import { loadOrCreateKeys } from '../../../keys/index.ts';
import { openSqliteStore } from '../../../store/index.ts';
import { defineTool } from '../../../tools/define-tool.ts';
import { createToolRegistry } from '../../../tools/registry.ts';
import { firstPass } from '../../../test/support/first-pass.ts';
import { aTicketBody, zero } from '../../../test/support/ticket-body.ts';
import { quantile, summarise } from '../../parts/statistics.ts';
import type { Measurement } from '../../parts/suite.ts';

const audience = 'bench';
const workflowId = 'run-11111111-1111-4111-8111-111111111111';
const linkRunId = '22222222-2222-4222-8222-222222222222';
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
const tools = createToolRegistry(
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
  const { gate, close } = await openGate(folder, rounds * callsInRound);
  const costs: Cost[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const ofRound: Cost[] = [];
    for (let index = 0; index < callsInRound; index += 1) {
      const turn = round * callsInRound + index + 1;
      const argumentsText = argumentsOf(turn);
      const startedAt = performance.now();
      const before = process.cpuUsage();
      const result = await gate(turn, argumentsText);
      const { user, system } = process.cpuUsage(before);
      ofRound.push({ processorMs: (user + system) / 1000, elapsedMs: performance.now() - startedAt });
      if (result.kind !== 'decided' || result.decision.body.verdict !== 'allow')
        throw new Error(`Cannot measure the gate: it answered ${result.kind}, expected a permit`);
    }
    costs.push(ofRound);
  }
  await close();
  return costs;
}

/** Of one run with a claimed ticket. @param policyText of the run's pack */
export async function openGate(folder: string, calls: number, policyText = policy) {
  const clock: Clock = { now: () => Date.now() };
  const keys = await loadOrCreateKeys({ folder: join(folder, 'keys'), domains: ['ticket', 'decision'], clock });
  const store = await openSqliteStore({ file: join(folder, 'store.db') });
  const now = clock.now();
  const limits = {
    turns: calls + 1,
    callsPerRun: calls + 1,
    callsPerTurn: 2,
    refusalsInARow: 3,
    eventsPerLink: 1000,
    contextTokens: 1000,
  };
  const body = aTicketBody(workflowId, await store.putBody(policyText), { limits });
  const ticket = sealEnvelope(keys.signer('ticket'), 'ticket', audience, body, {
    issuedAt: now,
    expiresAt: now + 60_000,
  });
  await store.claimTicket({ ticket, ticketDigest: digestJson('ticket', ticket), linkRunId, now });
  const checkCall = createCheckCall({
    store,
    clock,
    registry: keys.registry,
    signer: keys.signer('decision'),
    audience,
    tools,
    policies: createPolicySource({ store, registry: keys.registry, audience, readShell: classifyShell }),
    // The link is registered with the ticket, so nothing asks for its origin.
    readLinkOrigin: () => Promise.reject(new Error('nothing asks')),
    checkArguments: async (text, call) => await guardCall(builtInGuards, text, call),
    buildId: 'bench',
    bounds: defaultGateBounds,
    readCaller: () => ({ kind: 'caller', caller: { workflowId, linkRunId } }),
  });
  const call = { ...firstPass, tool: 'read_status' };
  return {
    gate: async (turn: number, argumentsText: string): Promise<CheckCallResult> =>
      await checkCall({ ...call, turn, argumentsText, workflowTimeAt: clock.now(), nonce: crypto.randomUUID() }),
    close: async () => await store.close(),
  };
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
