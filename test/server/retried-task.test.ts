/** A run is replayed while a task of it is tried again: the server shows such a task before it is written, and it is no difference (P4). */
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

/** As a worker does that cannot run the code. */
async function failTask({ door, taskQueues }: Harness): Promise<void> {
  const { client, namespace } = door;
  const request = { namespace, identity: 'a broken worker', taskQueue: { name: taskQueues.agent } };
  const { taskToken } = await client.withDeadline(Date.now() + 30_000, () =>
    client.workflowService.pollWorkflowTaskQueue(request),
  );
  await client.workflowService.respondWorkflowTaskFailed({ namespace, taskToken, identity: request.identity });
}
