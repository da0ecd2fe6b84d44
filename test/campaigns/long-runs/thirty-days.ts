/**
 * A run that waits for people through more than thirty days, on Temporal's time-skipping server: four requests, each open for
 * ten days; three are answered after nine, one by nobody. The gate's wall clock is the injected port and follows the server's.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { openTemporalDoor } from '../../../client/temporal-door.ts';
import { domains } from '../../../core/contracts/envelope.ts';
import { searchAttributeNames } from '../../../core/contracts/run-names.ts';
import type { RunResult } from '../../../core/contracts/run.ts';
import { digestJson } from '../../../core/digest.ts';
import { loadOrCreateKeys } from '../../../keys/index.ts';
import { publishPack } from '../../../packs/agent-pack.ts';
import { openSqliteStore } from '../../../store/index.ts';
import type { Clock } from '../../../core/clock.ts';
import type { AskRow, Store } from '../../../store/store.ts';
import { createUnshareSandbox } from '../../../tools/sandbox/unshare-sandbox.ts';
import { startWorker } from '../../../worker/create-worker.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { Desk } from '../../support/desk.ts';
import { startScriptedModel } from '../../support/scripted-model.ts';
import { audience, testPack } from '../../support/test-worker.ts';
import { effectsIn } from '../../support/test-tools.ts';
import { findTimeSkippingServer } from '../../support/time-skipping-server.ts';
import { until } from '../../support/until.ts';

const dayMs = 86_400_000;
const namespace = 'default';
/** The request that nobody answers. */
const unanswered = 2;
const followEveryMs = 20;

export interface ThirtyDays {
  /** Between the run's first and its last decision, by the server's clock. */
  days: number;
  outcome: string;
  /** Of the requests, in their order. */
  asks: (string | null)[];
  effects: number;
}

export async function waitThirtyDays(folder: string): Promise<ThirtyDays> {
  const server = { executable: { type: 'existing-path' as const, path: await findTimeSkippingServer() } };
  const environment = await TestWorkflowEnvironment.createTimeSkipping({ server });
  // 2: a keyword, as the embedded engine registers it.
  const searchAttributes = { [searchAttributeNames.state]: 2 };
  await environment.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  const clock = followingClock(environment);
  await clock.follow();
  const effects = join(folder, 'effects');
  await mkdir(effects, { recursive: true, mode: 0o700 });
  const store = await openSqliteStore({ file: join(folder, 'store', 'countersign.db') });
  const keys = await loadOrCreateKeys({ folder: join(folder, 'keys'), domains, clock });
  const door = await openTemporalDoor({ address: environment.address, namespace });
  const model = await startScriptedModel();
  const pack = testPack(effects, { deadline: '10d' });
  await publishPack(store, pack);
  const queue = 'thirty-days';
  const taskQueues = { agent: queue, model: queue, tools: queue, notify: queue, record: queue };
  const worker = await startWorker(
    { temporal: { address: environment.address, namespace }, taskQueues, cacheFolder: bundleFolder, drainMs: 2000 },
    {
      door,
      store,
      keys,
      clock,
      audience,
      tools: pack.tools,
      guards: pack.guards,
      sandbox: createUnshareSandbox(),
      workFolder: join(folder, 'work'),
      openai: { apiKey: 'none', baseURL: model.baseURL },
      buildId: 'campaign',
    },
  );
  try {
    const desk = new Desk({ keys, store, audience, namespace, clock });
    const input = 'thirty days of waiting.';
    const send = (name: string) => ({ calls: [{ name: 'send', args: { name } }] });
    model.script(input, [send('first'), send('second'), send('nobody'), send('fourth'), { text: 'Sent.' }]);
    await desk.enrol('olga', ['operator'], true, 'olga', 100 * dayMs);
    const ticket = desk.ticket(pack, input, taskQueues);
    const { workflowId } = ticket.body;
    await door.startRun({ ticket, input, flow: null });
    for (const place of [0, 1, 2, 3]) {
      const ask = await openAsk(store, workflowId, place);
      await clock.sleep((place === unanswered ? 10 : 9) * dayMs + 5000);
      if (place === unanswered) continue;
      const vote = desk.vote(ask);
      await store.storeVote(vote, digestJson('vote', vote));
      await door.signal(workflowId, 'vote', vote);
    }
    const result = (await environment.client.workflow.getHandle(workflowId).result()) as RunResult;
    const decidedAt = (await store.listDecisions(workflowId)).map(({ issuedAt }) => issuedAt);
    const asks = await store.listAsks({ workflowId, limit: 10 });
    return {
      days: Math.floor((Math.max(...decidedAt) - Math.min(...decidedAt)) / dayMs),
      outcome: result.outcome,
      asks: asks.toSorted((a, b) => a.deadlineAt - b.deadlineAt).map(({ outcome }) => outcome),
      effects: effectsIn(effects).length,
    };
  } finally {
    clock.stop();
    await worker.stop();
    await model.stop();
    await door.close();
    await store.close();
    await environment.teardown();
  }
}

interface FollowingClock extends Clock {
  follow(): Promise<void>;
  /** Lets the server's time jump; returns when the clock has followed. */
  sleep(ms: number): Promise<void>;
  stop(): void;
}

/** The server's clock as it was asked last, going on from there: a pass that meets it in a jump holds and comes again. */
function followingClock(environment: TestWorkflowEnvironment): FollowingClock {
  let known = { server: Date.now(), at: performance.now() };
  let stopped = false;
  const follow = async (): Promise<void> => {
    known = { server: await environment.currentTimeMs(), at: performance.now() };
  };
  const keepFollowing = async (): Promise<void> => {
    while (!stopped) {
      await follow();
      await delay(followEveryMs);
    }
  };
  const following = keepFollowing().catch(() => undefined);
  return {
    now: () => Math.round(known.server + performance.now() - known.at),
    follow,
    sleep: async (ms) => {
      await environment.sleep(ms);
      await follow();
    },
    stop: () => {
      stopped = true;
      void following;
    },
  };
}

/** The run's open request after so many others. */
async function openAsk(store: Store, workflowId: string, place: number): Promise<AskRow> {
  return await until(`request ${place + 1}`, async () => {
    const asks = await store.listAsks({ workflowId, limit: 10 });
    return asks.length > place ? asks.find(({ outcome }) => outcome === null) : undefined;
  });
}
