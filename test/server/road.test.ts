/** The main road on a real server: allow, ask, approve, deny, silence, refusal; and the order of the record (P1, P2, P3). */
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';
import { until } from '../support/until.ts';
async function approve(harness: Harness, run: StartedRun, principal = 'olga'): Promise<void> {
  await run.castVote(await run.ask(), { principal });
}

describe('the main road', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.stop());

  it('P1 runs an allowed read and an allowed idempotent call without asking', async () => {
    const run = await harness.start([
      { calls: [{ name: 'restart', args: { name: 'web' } }] },
      { calls: [{ name: 'read_status', args: { name: 'web' } }] },
      { text: 'Restarted.' },
    ]);
    expect(await run.result()).toEqual({ outcome: 'completed', text: 'Restarted.', turns: 3, calls: 2 });
    expect(run.effects()).toEqual([`restart web ${run.workflowId}/1.0 1`]);
  });

  it('P2 X1 port: runs an effect once after an approval', async () => {
    const run = await harness.start([
      { calls: [{ name: 'delete_database', args: { name: 'old' } }] },
      { text: 'Gone.' },
    ]);
    await run.ask();
    expect(run.effects()).toEqual([]);
    await approve(harness, run);
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects()).toEqual([`delete_database old ${run.workflowId}/1.0 1`]);
  });

  it('P1 X1 port: tells the model who denied and why, and runs nothing', async () => {
    const run = await harness.start([{ calls: [{ name: 'send', args: { name: 'all' } }] }, { text: 'Not sent.' }]);
    await run.castVote(await run.ask(), { verdict: 'deny', reason: 'not before Monday' });
    expect((await run.result()).text).toBe('Not sent.');
    expect(run.effects()).toEqual([]);
    const [decision] = (await harness.store.listDecisions(run.workflowId)).filter(
      ({ body }) => body.verdict === 'deny',
    );
    expect(decision?.body).toMatchObject({ outcome: 'denied', rules: [{ id: 'denied-by-person' }, {}] });
  });

  it('P1 refuses a call that no rule allows, and ends the run after three refusals of the same tool', async () => {
    const call = { calls: [{ name: 'no_such_tool', args: {} }] };
    const run = await harness.start([call, call, call, { text: 'never said' }]);
    expect(await run.result()).toMatchObject({ outcome: 'refused', turns: 3 });
  });

  it('P1 answers malformed arguments with the reason', async () => {
    const run = await harness.start([
      { calls: [{ name: 'restart', args: '{"name":"a","name":"b"}' }] },
      { text: 'Sorry.' },
    ]);
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects()).toEqual([]);
    const [decision] = await harness.store.listDecisions(run.workflowId);
    expect(decision?.body).toMatchObject({
      verdict: 'deny',
      rules: [{ id: 'arguments-invalid' }],
      argumentsDigest: null,
    });
  });

  it('P1 commits the decision no later than the effect is scheduled', async () => {
    const run = await harness.start([{ calls: [{ name: 'restart', args: { name: 'order' } }] }, { text: 'Done.' }]);
    await run.result();
    const history = await harness.door.client.workflow.getHandle(run.workflowId).fetchHistory();
    const { events } = JSON.parse(historyToJSON(history)) as { events: Record<string, Record<string, unknown>>[] };
    const scheduled = events.find((event) => isRunTool(event));
    const task = scheduled?.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId;
    const markers = events.filter(
      (event) => event.markerRecordedEventAttributes?.workflowTaskCompletedEventId === task,
    );
    expect(task).toBeDefined();
    expect(markers.length).toBeGreaterThan(0);
  });

  it('P2 gates several effects of one turn, and runs them in index order', async () => {
    const run = await harness.start([
      {
        calls: [
          { name: 'restart', args: { name: 'first' } },
          { name: 'read_status', args: { name: 'second' } },
          { name: 'restart', args: { name: 'third' } },
        ],
      },
      { text: 'All done.' },
    ]);
    expect(await run.result()).toMatchObject({ outcome: 'completed', calls: 3 });
    expect(run.effects().map((line) => line.split(' ')[1])).toEqual(['first', 'third']);
  });

  it('P1 asks again for everything but reads after a denial', async () => {
    const run = await harness.start([
      { calls: [{ name: 'send', args: { name: 'all' } }] },
      { calls: [{ name: 'restart', args: { name: 'web' } }] },
      { text: 'Done.' },
    ]);
    await run.castVote(await run.ask(), { verdict: 'deny' });
    const second = await run.ask(1);
    expect(second.ask.body.tool.name).toBe('restart');
    expect(second.ask.body.rules.map((rule) => rule.id)).toContain('after-denial');
    await approve(harness, run);
    expect((await run.result()).outcome).toBe('completed');
  });
});

describe('silence', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ deadline: '2s' });
  });
  afterAll(() => harness.stop());

  it('P3 denies at the deadline, and records an expiry and not a denial', async () => {
    const run = await harness.start([
      { calls: [{ name: 'send', args: { name: 'all' } }] },
      { text: 'Nobody answered.' },
    ]);
    expect((await run.result()).text).toBe('Nobody answered.');
    expect(run.effects()).toEqual([]);
    const asks = await harness.store.listAsks({ workflowId: run.workflowId, limit: 10 });
    expect(asks.map((ask) => ask.outcome)).toEqual(['expired']);
  });

  it('P3 denies when every process was dead at the deadline, and a vote cast after it loses', async () => {
    const run = await harness.start([{ calls: [{ name: 'send', args: { name: 'late' } }] }, { text: 'Too late.' }]);
    const ask = await run.ask();
    await harness.stopWorker();
    await until('the deadline to pass', () => Date.now() > ask.deadlineAt + 100);
    await run.castVote(ask);
    await harness.startWorker();
    expect((await run.result()).text).toBe('Too late.');
    expect(run.effects()).toEqual([]);
  });
});

function isRunTool(event: Record<string, Record<string, unknown>>): boolean {
  return JSON.stringify(event.activityTaskScheduledEventAttributes?.activityType ?? null).includes('runTool');
}
