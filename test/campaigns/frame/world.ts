/**
 * The whole product in processes of their own (engine, gateway, worker), on one state folder and one outside service, each
 * of which can be killed and started again. The model and the outside service belong to the campaign and outlive them.
 */
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { z } from 'zod';
import { Countersign } from '../../../client/gateway-client.ts';
import { openTemporalDoor, type TemporalDoor } from '../../../client/temporal-door.ts';
import { domains } from '../../../core/contracts/envelope.ts';
import type { EmbeddedEngine } from '../../../engine/dev-server.ts';
import { type KeySet, loadOrCreateKeys } from '../../../keys/index.ts';
import { openSqliteStore } from '../../../store/index.ts';
import type { Store } from '../../../store/store.ts';
import { workflowBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts';
import { startCampaignEngine } from './engine.ts';
import { type OutsideService, startOutsideService } from './outside-service.ts';
import { type LiveMemory, readLiveMemory } from './live-memory.ts';
import { type ProgramPart, startPart } from './program-process.ts';

export type Part = 'worker' | 'gateway' | 'engine';
/** What is ours of it. */
export type Program = Exclude<Part, 'engine'>;
export const parts: readonly Part[] = ['engine', 'gateway', 'worker'];

export interface World {
  stateFolder: string;
  model: ScriptedModel;
  outside: OutsideService;
  /** The campaign's own eyes on the database; nothing of the product goes through it. */
  store: Store;
  /** The gateway as it is now. A caller that nothing is killed under can be patient, ms. @default 5000 */
  gateway: (timeoutMs?: number) => Countersign;
  /** Of a part that runs, in a world with inspectors. */
  liveMemoryOf: (part: Program) => Promise<LiveMemory>;
  /** kill -9, all at once, and waits until they are gone. */
  kill: (which: readonly Part[]) => Promise<void>;
  /** Starts what does not run, and waits until it is ready. */
  startMissing: () => Promise<void>;
  openDoor: () => Promise<TemporalDoor>;
  /** As long as it is open, Temporal's runtime of this process is: it ends with its last user, also under a replay. */
  holdRuntime: () => Promise<NativeConnection>;
  loadKeys: () => Promise<KeySet>;
  stop(): Promise<void>;
}

export const audience = 'countersign:countersign-campaign';
const campaignPack = join(import.meta.dirname, '..', 'pack');
const readySchema = z.looseObject({ gatewayUrl: z.string() });
const longestAnswerMs = 100;
/** Of this process: worlds that start side by side wait for one and the same. */
let bundled: Promise<unknown> | undefined;

export interface WorldOptions {
  /** Of every tool of the campaigns' own pack that acts, ms. */
  startToCloseMs?: number;
  /** The agent. @default the campaigns' own */
  pack?: string;
  /** Opens the inspectors of gateway and worker. @default false */
  isInspected?: boolean;
}

export async function startWorld(
  folder: string,
  { startToCloseMs = 10_000, pack = campaignPack, isInspected = false }: WorldOptions,
): Promise<World> {
  const stateFolder = join(folder, 'state');
  await mkdir(stateFolder, { mode: 0o700 });
  // A workflow bundle made from source takes seconds, and so does code that is compiled anew; a published package has both.
  bundled ??= workflowBundle(bundleFolder);
  await bundled;
  await symlink(bundleFolder, join(stateFolder, 'cache'));
  const model = await startScriptedModel();
  const outside = await startOutsideService(folder, (name) => (name.length * 37) % longestAnswerMs);
  let engine: EmbeddedEngine | undefined = await startCampaignEngine(folder);
  const { address, namespace } = engine;
  const environment = {
    COUNTERSIGN_STATE: stateFolder,
    COUNTERSIGN_DRAIN_MS: '2000',
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    OPENAI_BASE_URL: model.baseURL,
    CAMPAIGN_OUTSIDE_URL: outside.url,
    CAMPAIGN_START_TO_CLOSE_MS: String(startToCloseMs),
  };
  const running: Partial<Record<Program, ProgramPart>> = {};
  const logOf = (part: Program): string => join(folder, `${part}.log`);
  const start = async (part: Program): Promise<void> => {
    if (running[part]?.isRunning()) return;
    running[part] = await startPart({ argv: [part, pack], environment, log: logOf(part), isInspected });
  };
  const startMissing = async (): Promise<void> => {
    engine ??= await startCampaignEngine(folder, true);
    await Promise.all([start('gateway'), start('worker')]);
  };
  // One after the other the first time: who is first makes the database and the keys.
  await start('gateway');
  await start('worker');
  const apiKey = (await readFile(join(stateFolder, 'api-key'), 'utf8')).trim();
  const store = await openSqliteStore({ file: join(stateFolder, 'store', 'countersign.db') });
  return {
    stateFolder,
    model,
    outside,
    store,
    gateway: (timeoutMs = 5000) =>
      new Countersign({ url: readySchema.parse(running.gateway?.ready).gatewayUrl, apiKey, timeoutMs }),
    liveMemoryOf: (part) => readLiveMemory(running[part]?.pid ?? 0, logOf(part)),
    async kill(which) {
      const killed: Promise<unknown>[] = [];
      for (const part of which) {
        if (part === 'engine') {
          if (!engine) continue;
          process.kill(engine.pid, 'SIGKILL');
          killed.push(engine.exited);
          engine = undefined;
        } else {
          running[part]?.signal('SIGKILL');
          killed.push(running[part]?.ended ?? Promise.resolve());
        }
      }
      await Promise.all(killed);
    },
    startMissing,
    holdRuntime: () => NativeConnection.connect({ address }),
    openDoor: () => openTemporalDoor({ address, namespace }),
    loadKeys: () => loadOrCreateKeys({ folder: join(stateFolder, 'keys'), domains, clock: { now: () => Date.now() } }),
    async stop() {
      for (const part of ['worker', 'gateway'] as const) running[part]?.signal('SIGKILL');
      await Promise.all([running.worker?.ended, running.gateway?.ended]);
      await engine?.stop();
      await outside.stop();
      await model.stop();
      await store.close();
    },
  };
}
