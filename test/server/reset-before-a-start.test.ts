/**
 * A reset while an execution waits for a worker, and none takes it in its permit's life: the server no longer times that out,
 * and the run goes on all the same, with one effect (P2, P5).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningWorker } from '../../worker/create-worker.ts';
import { type Harness, type StartedRun, startHarness, testPolicy } from '../support/harness.ts';
import { resetRun } from '../support/reset.ts';
import { startTestWorker } from '../support/test-worker.ts';
import { until } from '../support/until.ts';

let harness: Harness;
let toolsWorker: RunningWorker | undefined;

beforeAll(async () => {
  const roles = ['agent', 'model', 'notify', 'record'] as const;
  const policy = testPolicy().replace('executeWithin: 60s', 'executeWithin: 5s');
  harness = await startHarness({ policy, hasToolsQueue: true, worker: { roles } });
});
afterAll(async () => {
  await toolsWorker?.stop();
  // Replays the run.
  await harness.stop();
});

it('P5 what nobody took is settled, asked about again and done once', async () => {
  const run = await harness.start([{ calls: [{ name: 'quick_send', args: { name: 'web' } }] }, { text: 'Sent.' }]);
  await run.castVote(await run.ask());
  // A reset to the end lies behind the task that scheduled it only when another one is over, too.
  await until('the execution to wait for a worker', async () =>
    (await since(run, ':execute:')).some((event) => event.workflowTaskCompletedEventAttributes),
  );
  await resetRun(harness.door, run.workflowId, 'the-end');
  // Lost to the reset; where a busy machine resets after the permit's time, the server has ended the wait itself.
  await until(
    'it to count as lost or to be over',
    async () => (await since(run, ':void:')).length > 0 || (await isAskedAgain(run)),
  );
  const { stateFolder: folder, temporal, model } = harness;
  toolsWorker = await startTestWorker({
    ...harness,
    folder,
    address: temporal.address,
    modelURL: model.baseURL,
    settings: { roles: ['tools'] },
  });
  // The permit's seconds may be over before a busy machine comes to the call: then it is asked about once more.
  for (let asked = 1; ; asked += 1) {
    const next = await Promise.race([run.result(), run.ask(asked)]);
    if ('text' in next) break;
    await run.castVote(next);
  }
  expect(run.effects()).toHaveLength(1);
});

async function isAskedAgain({ workflowId }: StartedRun): Promise<boolean> {
  return (await harness.store.listAsks({ workflowId, limit: 100 })).length > 1;
}

/** Events from the one that scheduled the execution on; none while it is not scheduled. */
async function since(run: StartedRun, activity: string) {
  const { events } = await harness.door.client.workflow.getHandle(run.workflowId).fetchHistory();
  const isIt = (id?: string | null): boolean => id?.includes(activity) === true;
  const at = (events ?? []).findIndex((event) => isIt(event.activityTaskScheduledEventAttributes?.activityId));
  return at < 0 ? [] : (events ?? []).slice(at);
}
