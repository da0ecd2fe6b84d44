/** Tasks that are tried again: shown before they are written, which is no difference to a replay (P4), and soon given to the next worker (P3). */
import { expect, it } from 'vitest';
import { auditRuns } from '../support/audit-runs.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import { audience } from '../support/test-worker.ts';
import { until } from '../support/until.ts';

it('P4 a task that somebody failed and nobody has completed yet', async () => {
  const harness = await startHarness();
  try {
    const { door, store, keys } = harness;
    const run = await harness.start([{ calls: [{ name: 'send', args: { name: 'all' } }] }, { text: 'Sent.' }]);
    const ask = await run.ask();
    await until('the run to wait', async () => (await door.runState(run.workflowId, 2000))?.approvals.length);
    await harness.stopWorker();
    await run.castVote(ask);
    await failTask(harness);
    const history = await door.client.workflow.getHandle(run.workflowId).fetchHistory();
    expect(history.events?.at(-1)).toMatchObject({ workflowTaskScheduledEventAttributes: { attempt: 2 } });
    await auditRuns({ door, store, keys, audience, bundleFolder, workflowIds: [run.workflowId] });
    await harness.startWorker();
    expect((await run.result()).text).toBe('Sent.');
    expect(run.effects()).toHaveLength(1);
  } finally {
    await harness.stop();
  }
});

it('P3 a run whose workers died over and over waits for the next one 20 s at most', async () => {
  const harness = await startHarness();
  try {
    const { door } = harness;
    await harness.stopWorker();
    const run = await harness.start([{ text: 'Done.' }]);
    // The server counts tasks that failed as it counts those that nobody ended, and waits for none of them.
    for (let death = 1; death <= 11; death += 1) await failTask(harness);
    const history = await door.client.workflow.getHandle(run.workflowId).fetchHistory();
    const task = history.events?.at(-1)?.workflowTaskScheduledEventAttributes;
    expect(task?.attempt).toBe(12);
    expect(Number(task?.startToCloseTimeout?.seconds)).toBeLessThanOrEqual(20);
    await harness.startWorker();
    expect((await run.result()).text).toBe('Done.');
  } finally {
    await harness.stop();
  }
});

/** As a worker does that cannot run the code. */
async function failTask({ door, taskQueues }: Harness): Promise<void> {
  const { client, namespace } = door;
  const request = { namespace, identity: 'a broken worker', taskQueue: { name: taskQueues.agent } };
  const { taskToken } = await client.withDeadline(Date.now() + 30_000, () =>
    client.workflowService.pollWorkflowTaskQueue(request),
  );
  await client.workflowService.respondWorkflowTaskFailed({ namespace, taskToken, identity: request.identity });
}
