/**
 * A vote and the end of a tool's execution that come in one task, as after an outage of the worker: the gate's pass and the
 * vote's check must not overlap, or the run cannot be replayed whenever the one asked for first ends last (P5).
 */
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../store/store.ts';
import type { RunningWorker } from '../../worker/create-worker.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import { createOutage } from '../support/store-outage.ts';
import { startTestWorker } from '../support/test-worker.ts';
import { until } from '../support/until.ts';

/** More than the check of a vote takes, in turns of the event loop. */
const slowTurns = 200;

let harness: Harness;
let toolsWorker: RunningWorker;
const outage = createOutage();
/** Whether the gate's passes of the read are slow. */
let isReadSlow = false;
let slowed = 0;
let slowNow = 0;
/** Passes of the approved call that began while one of the read was not over. */
let overlaps = 0;

beforeAll(async () => {
  const roles = ['agent', 'model', 'notify', 'record'] as const;
  harness = await startHarness({ wrapStore: slowingRead, hasToolsQueue: true, worker: { roles } });
  toolsWorker = await startToolsWorker();
});
afterAll(async () => {
  await toolsWorker.stop();
  // Replays the run.
  await harness.stop();
});

it('a vote and the time for another pass of a read come in one task, and the pass is the slower one', async () => {
  outage.begin();
  const calls = ['read_status', 'send'].map((name) => ({ name, args: { name: 'web' } }));
  const run = await harness.start([{ calls }, { text: 'both are done' }]);
  const ask = await run.ask();
  await until('the read not to start', () => outage.refused() > 0);
  const handle = harness.door.client.workflow.getHandle(run.workflowId);
  const timers = async (of: 'timerStartedEventAttributes' | 'timerFiredEventAttributes'): Promise<number> =>
    ((await handle.fetchHistory()).events ?? []).filter((event) => event[of]).length;
  const waiting = async (): Promise<number> =>
    (await timers('timerStartedEventAttributes')) - (await timers('timerFiredEventAttributes'));
  await until('the wait for another pass', async () => (await waiting()) === 2);
  await harness.stopWorker();
  await run.castVote(ask);
  await until('the end of that wait', async () => (await waiting()) === 1);
  outage.end();
  isReadSlow = true;
  await harness.startWorker();
  expect((await run.result()).text).toBe('both are done');
  expect(slowed).toBeGreaterThan(0);
  expect(overlaps).toBe(0);
});

async function startToolsWorker(): Promise<RunningWorker> {
  const { stateFolder: folder, temporal, model } = harness;
  const settings = { roles: ['tools'] } as const;
  const store = outage.wrap(harness.store);
  return await startTestWorker({
    ...harness,
    store,
    folder,
    address: temporal.address,
    modelURL: model.baseURL,
    settings,
  });
}

function slowingRead(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...input: unknown[]): unknown => {
        const about = JSON.stringify(input);
        if (slowNow > 0 && about.includes('/1.1"')) overlaps += 1;
        const answer: unknown = Reflect.apply(value, target, input);
        return isReadSlow && about.includes('/1.0"') ? later(answer) : answer;
      };
    },
  });
}

async function later(answer: unknown): Promise<unknown> {
  slowed += 1;
  slowNow += 1;
  for (let turn = 0; turn < slowTurns; turn += 1) await setImmediate();
  slowNow -= 1;
  return await answer;
}
