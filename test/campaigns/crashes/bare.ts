/** The scripted runs on bare Temporal, its worker and its engine killed in the same way, and what came of them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode } from '@temporalio/worker';
import { silentLogger } from '../../../client/silent-logger.ts';
import type { EmbeddedEngine } from '../../../engine/dev-server.ts';
import { compiledCode } from '../../support/bundle-folder.ts';
import { startScriptedModel } from '../../support/scripted-model.ts';
import type { CampaignOrder } from '../campaign.ts';
import { endWithCampaign } from '../frame/end-with-campaign.ts';
import { startCampaignEngine } from '../frame/engine.ts';
import { startOutsideService } from '../frame/outside-service.ts';
import type { Random } from '../frame/random.ts';
import { countEffects, type EffectCount } from './judge.ts';
import { type Killed, killRepeatedly, startedBy } from './kills.ts';
import type { ScriptedRun } from './script.ts';

export interface BareOutcome {
  killed: Killed;
  effects: EffectCount;
  notCompleted: number;
}

const taskQueue = 'bare';
const patienceMs = 120_000;
const workerProgram = fileURLToPath(new URL('bare-worker.ts', import.meta.url));

export async function runBare(
  order: CampaignOrder,
  scripts: readonly ScriptedRun[],
  kills: number,
  random: Random,
): Promise<BareOutcome> {
  const folder = join(order.folder, 'bare');
  await mkdir(folder);
  const bundle = join(folder, 'bundle.js');
  const workflowsPath = fileURLToPath(new URL('bare-workflow.ts', import.meta.url));
  await writeFile(bundle, (await bundleWorkflowCode({ workflowsPath, logger: silentLogger })).code);
  const model = await startScriptedModel();
  for (const { input, steps } of scripts) model.script(input, steps);
  const outside = await startOutsideService(folder, (name) => (name.length * 37) % 100);
  let engine: EmbeddedEngine = await startCampaignEngine(folder);
  const { address, namespace } = engine;
  const startWorker = async (): Promise<ChildProcess> => {
    const child = fork(workerProgram, [address, namespace, taskQueue, bundle, model.baseURL], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ...compiledCode,
        CAMPAIGN_OUTSIDE_URL: outside.url,
        CAMPAIGN_START_TO_CLOSE_MS: '1500',
      },
      execArgv: ['--conditions=countersign-source', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    endWithCampaign(child);
    await once(child, 'message');
    return child;
  };
  let worker = await startWorker();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  let ended = 0;
  const results: Promise<unknown>[] = [];
  const start = async ({ input }: ScriptedRun): Promise<void> => {
    const options = { workflowId: input, taskQueue, args: [input] };
    await persist(() => client.workflow.start('bareAgent', { ...options, workflowIdConflictPolicy: 'USE_EXISTING' }));
    await persist(() => client.workflow.getHandle(input).result());
    ended += 1;
  };
  // One that does not end in time is counted as not completed, and ends nothing else.
  const startUntil = (wanted: number): void => {
    for (const script of scripts.slice(results.length, wanted)) results.push(start(script).catch(() => undefined));
  };
  try {
    const killed = await killRepeatedly({
      count: kills,
      random,
      effects: () => outside.count(),
      activity: () => outside.count() + scripts.reduce((sum, { input }) => sum + model.requests(input).length, 0),
      async before(number) {
        startUntil(startedBy(number, kills, scripts.length));
        return ended < results.length;
      },
      whileDead: () => undefined,
      async kill(which) {
        // There is no gateway here: its turn goes to the worker.
        if (which.includes('engine')) {
          process.kill(engine.pid, 'SIGKILL');
          await engine.exited;
          engine = await startCampaignEngine(folder, true);
        }
        if (which.length === 1 && which[0] === 'engine') return;
        const gone = once(worker, 'exit');
        worker.kill('SIGKILL');
        await gone;
      },
      async startMissing() {
        if (worker.exitCode !== null || worker.signalCode !== null) worker = await startWorker();
      },
    });
    startUntil(scripts.length);
    await Promise.all(results);
    // Nobody is asked, so nobody denies.
    const all = scripts.map((script) => ({ expected: [...script.expected, ...script.denied], denied: [] }));
    const effects = countEffects(all, outside.effects());
    order.progress(`bare: done, ${effects.twice.length} effects twice or more`);
    return { killed, effects, notCompleted: scripts.length - ended };
  } finally {
    worker.kill('SIGKILL');
    await connection.close();
    await engine.stop();
    await outside.stop();
    await model.stop();
  }
}

/** A request ends with its engine: it is made again. A second start of the same id finds the first. */
async function persist<T>(request: () => Promise<T>): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((again) => setTimeout(again, 300));
    }
  }
}
