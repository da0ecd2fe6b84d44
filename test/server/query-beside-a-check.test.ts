/**
 * Somebody reads a run while a vote of it is checked: the SDK then ends the task with what the check said, before the workflow
 * has heard it. The run must go on, and its record verify, as if nobody had read (P5).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AskRow } from '../../store/store.ts';
import type { RunningWorker } from '../../worker/create-worker.ts';
import { transcriptQuery } from '../../workflows/messages.ts';
import { type Harness, startHarness, type StartedRun } from '../support/harness.ts';
import { startTestWorker } from '../support/test-worker.ts';
import { startedIn } from '../support/test-tools.ts';
import { until } from '../support/until.ts';

/** Characters: to hand this out takes the workflow's thread longer than the check of a vote takes. */
const longTranscript = 200_000;
const rounds = 4;

let harness: Harness;
let toolsWorker: RunningWorker;

beforeAll(async () => {
  const roles = ['agent', 'model', 'notify', 'record'] as const;
  harness = await startHarness({ hasToolsQueue: true, worker: { roles } });
  const { stateFolder: folder, temporal, model } = harness;
  const settings = { roles: ['tools'] } as const;
  toolsWorker = await startTestWorker({
    ...harness,
    folder,
    address: temporal.address,
    modelURL: model.baseURL,
    settings,
  });
});
afterAll(async () => {
  await toolsWorker.stop();
  // Replays the run.
  await harness.stop();
});

it('P5 a vote, the end of an execution and a question come in one task', async () => {
  const names = Array.from({ length: rounds }, (_, round) => [`web${round}`, `db${round}`]);
  const steps = names.map(([first = '', second = '']) => ({
    calls: [
      { name: 'slow_send', args: { name: first } },
      { name: 'send', args: { name: second } },
    ],
  }));
  const run = await harness.start([...steps, { text: 'all are sent' }], {}, 'x'.repeat(longTranscript));
  let answered = 0;
  for (const [round, [first = '']] of names.entries()) {
    const slow = await askOf(run, `${round + 1}.0`);
    const quick = await askOf(run, `${round + 1}.1`);
    await run.castVote(slow);
    await until('the first to start', () => startedIn(harness.folder).length === round + 1);
    await harness.stopWorker();
    const before = await completed(run);
    writeFileSync(join(harness.folder, `gate-${first}`), '');
    await until('the end of the first', async () => (await completed(run)) > before);
    await run.castVote(quick);
    const handle = harness.door.client.workflow.getHandle(run.workflowId);
    const asked = handle.query(transcriptQuery, { from: 0 }).then(({ messages }) => messages.length);
    await handle.describe();
    await harness.startWorker();
    answered += (await asked) > 0 ? 1 : 0;
  }
  expect((await run.result()).text).toBe('all are sent');
  expect(answered).toBe(rounds);
  expect(run.effects()).toHaveLength(2 * rounds);
});

async function askOf(run: StartedRun, call: string): Promise<AskRow> {
  const { workflowId } = run;
  return await until(`the request for ${call}`, async () => {
    const asks = await harness.store.listAsks({ workflowId, limit: 100 });
    return asks.find((ask) => ask.outcome === null && ask.callKey === `${workflowId}/${call}`);
  });
}

async function completed(run: StartedRun): Promise<number> {
  const history = await harness.door.client.workflow.getHandle(run.workflowId).fetchHistory();
  return (history.events ?? []).filter((event) => event.activityTaskCompletedEventAttributes).length;
}
