/**
 * kill -9 of the worker at each step of the road, and SIGTERM in a tool (P3, P5). The run ends as it would have, its effect
 * happened once, and where nobody could know, its probe or a person was asked.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskQueues } from '../../core/contracts/ticket.ts';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';
import { type KillAt, ownQueues, startWorkerProcess } from '../support/start-worker-process.ts';
import { startedIn } from '../support/test-tools.ts';
import { until } from '../support/until.ts';

const send = { calls: [{ name: 'quick_send', args: { name: 'all' } }] };
const read = { calls: [{ name: 'read_status', args: { name: 'web' } }] };

interface Crash {
  step: string;
  killAt: KillAt;
  /** Approval requests that people see in all. @default 1 */
  asks?: number;
}

const crashes: Crash[] = [
  { step: 'open-run, before its ticket is claimed', killAt: { when: 'before', method: 'claimTicket', call: 1 } },
  { step: 'open-run, after its ticket was claimed', killAt: { when: 'after', method: 'claimTicket', call: 1 } },
  { step: 'check-call, before its permit is recorded', killAt: { when: 'before', method: 'recordDecision', call: 1 } },
  { step: 'check-call, after its permit was recorded', killAt: { when: 'after', method: 'recordDecision', call: 1 } },
  { step: 'check-call, after its ask was recorded', killAt: { when: 'after', method: 'recordDecision', call: 2 } },
  { step: 'check-call, before the approval is used', killAt: { when: 'before', method: 'recordDecision', call: 3 } },
  { step: 'check-call, after the approval was used', killAt: { when: 'after', method: 'recordDecision', call: 3 } },
  // Not reserved, or reserved and not started: proved not to have happened, and being an effect it is asked about again.
  { step: 'run-tool, before it reserves', killAt: { when: 'before', method: 'reserveFence', call: 1 }, asks: 2 },
  { step: 'run-tool, after it reserved', killAt: { when: 'after', method: 'reserveFence', call: 1 }, asks: 2 },
  // Executing and not done: its probe says no, and it is asked about again.
  { step: 'run-tool, before the effect', killAt: { when: 'after', method: 'startFence', call: 1 }, asks: 2 },
  // Done and not recorded: its probe says so.
  { step: 'run-tool, after the effect', killAt: { when: 'before', method: 'consumeFence', call: 1 } },
  { step: 'run-tool, after its receipt was recorded', killAt: { when: 'after', method: 'consumeFence', call: 1 } },
  { step: 'close-run, before the end is recorded', killAt: { when: 'before', method: 'closeRun', call: 1 } },
  { step: 'close-run, after the end was recorded', killAt: { when: 'after', method: 'closeRun', call: 1 } },
];

describe('a worker', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ startWorker: false });
  });
  afterAll(() => harness.stop());
  async function approve(run: StartedRun, asksBefore: number): Promise<void> {
    await run.castVote(await run.ask(asksBefore));
  }

  /**
   * Another worker, for as long as it is needed. In a process, too: the definition of a tool holds its code as it is loaded, and a
   * test runner loads it in another form, so that a request of the victim would be void there.
   */
  async function withSuccessor(taskQueues: TaskQueues, use: () => Promise<void>): Promise<void> {
    const successor = await startWorkerProcess(harness, { taskQueues });
    try {
      await use();
    } finally {
      successor.signal('SIGKILL');
    }
  }

  it.concurrent.each(crashes)('P5 killed in $step', async ({ killAt, asks = 1 }) => {
    const taskQueues = ownQueues();
    const victim = await startWorkerProcess(harness, { killAt, taskQueues });
    const run = await harness.start([read, send, { text: 'Sent.' }], { taskQueues });
    const approved = Promise.all(Array.from({ length: asks }, (_, before) => approve(run, before)));
    expect(await victim.ended).toBe('SIGKILL');
    await withSuccessor(taskQueues, async () => {
      expect(await run.result()).toMatchObject({ outcome: 'completed', text: 'Sent.', calls: 2 });
      await approved;
    });
    expect(run.effects()).toHaveLength(1);
    expect(await harness.store.listAsks({ workflowId: run.workflowId, limit: 10 })).toHaveLength(asks);
  });

  it.concurrent('P5 killed after the effect, and the next one in its probe: the probe is asked again, and nobody else', async () => {
    const taskQueues = ownQueues();
    const inEffect = { when: 'before', method: 'consumeFence', call: 1 } as const;
    const inProbe = { when: 'before', method: 'recordReceipt', call: 1 } as const;
    const victim = await startWorkerProcess(harness, { killAt: inEffect, taskQueues });
    const run = await harness.start([send, { text: 'Sent.' }], { taskQueues });
    await approve(run, 0);
    expect(await victim.ended).toBe('SIGKILL');
    const second = await startWorkerProcess(harness, { killAt: inProbe, taskQueues });
    expect(await second.ended).toBe('SIGKILL');
    await withSuccessor(taskQueues, async () => {
      expect(await run.result()).toMatchObject({ outcome: 'completed', text: 'Sent.' });
    });
    expect(run.effects()).toHaveLength(1);
    expect(await harness.store.listAsks({ workflowId: run.workflowId, limit: 10 })).toHaveLength(1);
  });

  it.concurrent('P3 killed while an approval is open leaves it open, and goes on with it', async () => {
    const taskQueues = ownQueues();
    const victim = await startWorkerProcess(harness, { taskQueues });
    const run = await harness.start([send, { text: 'Sent.' }], { taskQueues });
    const ask = await run.ask();
    victim.signal('SIGKILL');
    await victim.ended;
    await run.castVote(ask);
    await withSuccessor(taskQueues, async () => {
      expect((await run.result()).text).toBe('Sent.');
    });
    expect(run.effects()).toHaveLength(1);
  });

  it.concurrent('P5 killed in a model call asks the model again, and the turn happens once', async () => {
    const taskQueues = ownQueues();
    const victim = await startWorkerProcess(harness, { taskQueues });
    const run = await harness.start([{ silence: true }, read, { text: 'Up.' }], { taskQueues });
    await until('the model to be asked', () => harness.model.requests(run.input).length > 0);
    victim.signal('SIGKILL');
    await victim.ended;
    await withSuccessor(taskQueues, async () => {
      expect(await run.result()).toMatchObject({ outcome: 'completed', turns: 2, calls: 1 });
    });
  });

  it.concurrent('P5 told to stop by SIGTERM lets a tool end, takes nothing new, and exits with 0', async () => {
    const taskQueues = ownQueues();
    const worker = await startWorkerProcess(harness, { drainMs: 20_000, taskQueues });
    const run = await harness.start([{ calls: [{ name: 'slow_send', args: { name: 'drain' } }] }, { text: 'Sent.' }], {
      taskQueues,
    });
    await approve(run, 0);
    await until('the tool to start', () => startedIn(harness.folder).some((line) => line.includes(run.workflowId)));
    worker.signal('SIGTERM');
    writeFileSync(join(harness.folder, 'gate-drain'), '');
    expect(await worker.ended).toBe(0);
    expect(run.effects()).toHaveLength(1);
    await withSuccessor(taskQueues, async () => {
      expect((await run.result()).text).toBe('Sent.');
    });
    expect(run.effects()).toHaveLength(1);
  });
});
