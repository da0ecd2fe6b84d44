/** Runs of several links, and runs that are told to end: flow is carried, authority is not, and the end is clean (P2, P3, P5). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestJson } from '../../core/digest.ts';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';
import { resetRun } from '../support/reset.ts';
import { startedIn } from '../support/test-tools.ts';
import { until } from '../support/until.ts';

const send = { calls: [{ name: 'send', args: { name: 'all' } }] };
async function approve(harness: Harness, run: StartedRun): Promise<void> {
  await run.castVote(await run.ask());
}

async function newestLink(harness: Harness, run: StartedRun): Promise<string> {
  return (await harness.door.client.workflow.getHandle(run.workflowId).describe()).runId;
}

describe('a run that outgrows its history', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ limits: { eventsPerLink: 60 } });
  });
  afterAll(() => harness.stop());

  it('P3 goes on in a new link while it waits, and the same request is answered there', async () => {
    const run = await harness.start([send, { text: 'Sent.' }]);
    const ask = await run.ask();
    // Junk signals fill the history until the link ends by itself.
    for (let sent = 0; (await newestLink(harness, run)) === run.linkRunId; sent += 1)
      await run.signalVote({ junk: sent });
    const row = await harness.store.getAsk(ask.nonce);
    expect(row?.outcome).toBeNull();
    await approve(harness, run);
    expect(await run.result()).toMatchObject({ outcome: 'completed', text: 'Sent.' });
    expect(run.effects()).toHaveLength(1);
    expect(await harness.store.listAsks({ workflowId: run.workflowId, limit: 10 })).toHaveLength(1);
    // A successor is no reset: its approvals hold.
    expect((await harness.store.getRun(run.workflowId))?.runEpoch).toBe(0);
  });

  it('goes on between turns, and every call happens once', async () => {
    const steps = Array.from({ length: 12 }, (_, turn) => ({
      calls: [{ name: 'restart', args: { name: `web-${turn}` } }],
    }));
    const run = await harness.start([...steps, { text: 'All restarted.' }]);
    expect(await run.result()).toMatchObject({ outcome: 'completed', turns: 13, calls: 12 });
    expect(await newestLink(harness, run)).not.toBe(run.linkRunId);
    const names = run.effects().map((line) => line.split(' ')[1]);
    expect(names).toEqual(steps.map((_, turn) => `web-${turn}`));
  });

  it('P1 knows in every later link, and after a reset, that it has read untrusted content', async () => {
    const policy = `version: 1
approvals: { default: { approvers: { principals: [olga] }, deadline: 60s } }
rules: [{ id: all, effect: allow, tools: ["*"], reason: nothing speaks against it }]
`;
    const call = (name: string, target: string) => ({ calls: [{ name, args: { name: target } }] });
    const run = await harness.start(
      [
        call('restart', 'before'),
        call('read_status', 'web'),
        call('restart', 'one'),
        call('restart', 'two'),
        { text: 'Done.' },
      ],
      { policyDigest: await harness.store.putBody(policy) },
    );
    const first = await run.ask();
    for (let sent = 0; (await newestLink(harness, run)) === run.linkRunId; sent += 1)
      await run.signalVote({ junk: sent });
    await run.castVote(first);
    const second = await run.ask(1);
    await harness.stopWorker();
    await resetRun(harness.door, run.workflowId, 'the-end');
    await harness.startWorker();
    const third = await run.ask(2);
    for (const { ask } of [first, second, third]) {
      expect(ask.body.labels).toContain('untrusted');
      expect(ask.body.rules.map(({ id }) => id)).toContain('untrusted-context');
    }
    expect(second.ask.body.linkRunId).not.toBe(first.ask.body.linkRunId);
    expect([second.ask.body.runEpoch, third.ask.body.runEpoch]).toEqual([0, 1]);
    await run.castVote(third);
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects().map((line) => line.split(' ')[1])).toEqual(['before', 'one', 'two']);
  });

  it('P2 remembers a denial in every later link, because the store does', async () => {
    const run = await harness.start([send, send, { text: 'Not sent.' }]);
    const ask = await run.ask();
    for (let sent = 0; (await newestLink(harness, run)) === run.linkRunId; sent += 1)
      await run.signalVote({ junk: sent });
    await run.castVote(ask, { verdict: 'deny', reason: 'no' });
    expect((await run.result()).text).toBe('Not sent.');
    const rules = (await harness.store.listDecisions(run.workflowId)).map(({ body }) => body).at(-1);
    expect(rules).toMatchObject({ verdict: 'deny', rules: [{ id: 'denied-before' }] });
    expect(run.effects()).toEqual([]);
  });
});

describe('a run that is told to end', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.stop());

  async function expectCancelled(run: StartedRun): Promise<void> {
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect((await harness.store.getRun(run.workflowId))?.outcome).toBe('cancelled');
  }

  it('P2 while an approval is open ends at once, and a later approval runs nothing', async () => {
    const run = await harness.start([send, { text: 'never said' }]);
    const ask = await run.ask();
    await harness.door.cancel(run.workflowId);
    await expectCancelled(run);
    expect((await harness.store.getAsk(ask.nonce))?.outcome).toBe('withdrawn');
    const vote = harness.desk.vote(ask);
    await harness.store.storeVote(vote, digestJson('vote', vote));
    await expect(run.signalVote(vote)).rejects.toMatchObject({ code: 'not-found' });
    expect(run.effects()).toEqual([]);
  });

  it('P5 while a tool runs tells the tool, waits for it, and records what came of it', async () => {
    const run = await harness.start([
      { calls: [{ name: 'slow_send', args: { name: 'cancelled' } }] },
      { text: 'never said' },
    ]);
    await approve(harness, run);
    await until('the tool to start', () => startedIn(harness.folder).some((line) => line.includes(run.workflowId)));
    const state = await harness.door.runState(run.workflowId, 5000);
    expect(state).toMatchObject({ approvals: [], calls: [{ tool: 'slow_send', state: 'executing' }] });
    await harness.door.cancel(run.workflowId);
    await expectCancelled(run);
    expect(run.effects()).toEqual([]);
    const fence = await harness.store.getFence(`${run.workflowId}/1.0`, 1);
    expect(fence).toMatchObject({ state: 'consumed', receipt: { body: { outcome: 'failed' } } });
  });

  it('P5 by a termination leaves nothing that can still start', async () => {
    const run = await harness.start([
      { calls: [{ name: 'slow_send', args: { name: 'terminated' } }] },
      { text: 'never said' },
    ]);
    const ask = await run.ask();
    await harness.door.client.workflow.getHandle(run.workflowId).terminate('test');
    writeFileSync(join(harness.folder, 'gate-terminated'), '');
    const vote = harness.desk.vote(ask);
    await harness.store.storeVote(vote, digestJson('vote', vote));
    await expect(run.signalVote(vote)).rejects.toMatchObject({ code: 'not-found' });
    expect(run.effects()).toEqual([]);
  });
});
