/**
 * What both loops run in: one embedded engine, one process with both workers, one scripted model. The governed side is the
 * product as it ships: store on disk with its default durability, keys, signatures, policy, gate, permits.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTemporalDoor, type TemporalDoor } from '../../client/temporal-door.ts';
import { domains } from '../../core/contracts/envelope.ts';
import type { TaskQueues } from '../../core/contracts/ticket.ts';
import type { EmbeddedEngine } from '../../engine/dev-server.ts';
import { startBenchEngine } from '../parts/start-bench-engine.ts';
import { loadOrCreateKeys } from '../../keys/index.ts';
import { type AgentPack, publishPack } from '../../packs/agent-pack.ts';
import { defineAgent } from '../../packs/define-agent.ts';
import { openSqliteStore } from '../../store/index.ts';
import type { Store } from '../../store/store.ts';
import { Desk } from '../../test/support/desk.ts';
import { audience, startTestWorker } from '../../test/support/test-worker.ts';
import { createBareActivities } from './bare/activities.ts';
import { startBareWorker } from './bare/start-bare-worker.ts';
import { startBenchModel } from './start-model.ts';
import { benchTools } from './tools.ts';

export const instructions = 'Look after the services. Use one tool at a time.';
const queue = 'bench-governed';
export const taskQueues: TaskQueues = { agent: queue, model: queue, tools: queue, notify: queue, record: queue };
/** Credentials of a team: the gate looks at all of them when it weighs a vote. */
const people = 50;

export interface World {
  engine: EmbeddedEngine;
  door: TemporalDoor;
  store: Store;
  desk: Desk;
  pack: AgentPack;
  stop(): Promise<void>;
}

export async function benchPack(): Promise<AgentPack> {
  return defineAgent({
    name: 'bench',
    instructions,
    model: { name: 'scripted', api: 'chat-completions' },
    policy: await readFile(new URL('policy.yaml', import.meta.url), 'utf8'),
    tools: benchTools(),
    limits: { turns: 2000, callsPerRun: 5000 },
  });
}

export async function startWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const engine = await startBenchEngine(folder);
  const { address, namespace } = engine;
  const store = await openSqliteStore({ file: join(folder, 'store', 'countersign.db') });
  const keys = await loadOrCreateKeys({ folder: join(folder, 'keys'), domains, clock: { now: () => Date.now() } });
  const door = await openTemporalDoor({ address, namespace });
  const model = await startBenchModel();
  const pack = await benchPack();
  await publishPack(store, pack);
  const desk = new Desk({ keys, store, audience, namespace });
  const { packDigest, policyDigest } = pack;
  await desk.control({ kind: 'policy-activation', agent: 'bench', packDigest, policyDigest, by: 'olga' });
  for (let person = 0; person < people; person += 1) await desk.enrol(person === 0 ? 'olga' : `person-${person}`);
  const governed = await startTestWorker({
    folder,
    address,
    taskQueues,
    modelURL: model.baseURL,
    door,
    store,
    keys,
    pack,
  });
  const activities = createBareActivities({ baseURL: model.baseURL, instructions, tools: benchTools() });
  const bare = await startBareWorker({ address, namespace }, activities);
  return {
    engine,
    door,
    store,
    desk,
    pack,
    stop: async () => {
      await Promise.all([governed.stop(), bare.stop()]);
      model.stop();
      await door.close();
      await store.close();
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
