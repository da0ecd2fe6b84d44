/**
 * A whole Countersign for server tests: the shared dev server, an own store, own keys, an own task queue and a worker in
 * this process, with a scripted model and tools whose effects are counted on disk.
 */
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { openTemporalDoor, type TemporalDoor } from '../../client/temporal-door.ts';
import type { SignedVote } from '../../core/contracts/approval.ts';
import { domains } from '../../core/contracts/envelope.ts';
import type { RunResult } from '../../core/contracts/run.ts';
import type { SignedTicket, TaskQueues } from '../../core/contracts/ticket.ts';
import { digestJson } from '../../core/digest.ts';
import { type KeySet, loadOrCreateKeys } from '../../keys/index.ts';
import type { AgentPack } from '../../packs/agent-pack.ts';
import { publishPack } from '../../packs/load-pack.ts';
import { openSqliteStore } from '../../store/index.ts';
import type { AskRow, Store } from '../../store/store.ts';
import type { WorkerDependencies } from '../../worker/compose-activities.ts';
import type { RunningWorker, WorkerSettings } from '../../worker/create-worker.ts';
import { auditRuns } from './audit-runs.ts';
import { bundleFolder } from './bundle-folder.ts';
import { Desk } from './desk.ts';
import { type ScriptedModel, startScriptedModel, type Step } from './scripted-model.ts';
import { audience, type PackChanges, startTestWorker, testPack } from './test-worker.ts';
import { effectsIn } from './test-tools.ts';
import { until } from './until.ts';

export { audience, testPolicy } from './test-worker.ts';

export interface HarnessOptions extends PackChanges {
  /** @default the dev server that all server tests share */
  temporal?: { address: string; namespace: string };
  /** @default the test pack, with the changes named here */
  pack?: AgentPack;
  bounds?: WorkerDependencies['bounds'];
  worker?: Partial<Pick<WorkerSettings, 'drainMs' | 'maxCachedWorkflows' | 'roles'>>;
  /** @default true */
  startWorker?: boolean;
  /** A queue for the tools alone, so that a worker of their own can serve it. @default false */
  hasToolsQueue?: boolean;
  /** Stands between activities and the store, to take it away. */
  wrapStore?: (store: Store) => Store;
}

export interface Harness {
  /** What the tools count their effects in. */
  folder: string;
  /** Holds store, keys and effects. */
  stateFolder: string;
  temporal: { address: string; namespace: string };
  store: Store;
  keys: KeySet;
  door: TemporalDoor;
  desk: Desk;
  model: ScriptedModel;
  pack: AgentPack;
  taskQueues: TaskQueues;
  startWorker(): Promise<RunningWorker>;
  stopWorker(): Promise<void>;
  /** Starts a run whose model says these steps. @param words more of its input */
  start(steps: readonly Step[], changes?: Parameters<Desk['ticket']>[3], words?: string): Promise<StartedRun>;
  startWith(ticket: SignedTicket, input: string): Promise<StartedRun>;
  /** @throws {Error} where the record of a run that `start` began differs from code, signatures or store. */
  stop(): Promise<void>;
}

export interface StartedRun {
  workflowId: string;
  linkRunId: string;
  /** What it was started with; the model's script is found by it. */
  input: string;
  result(): Promise<RunResult>;
  /** The newest open ask of this run, once there is one (more than `after` asks). */
  ask(after?: number): Promise<AskRow>;
  signalVote(vote: unknown): Promise<void>;
  /** As the gateway does: signed, stored, signalled. */
  castVote(ask: AskRow, changes?: Parameters<Desk['vote']>[1]): Promise<SignedVote>;
  /** Lines of the effects log that are this run's. */
  effects(): string[];
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const temporal = options.temporal ?? inject('temporal');
  const { address, namespace } = temporal;
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  const store = await openSqliteStore({ file: join(folder, 'store', 'countersign.db') });
  const clock = { now: () => Date.now() };
  const keys = await loadOrCreateKeys({ folder: join(folder, 'keys'), domains, clock });
  const door = await openTemporalDoor({ address, namespace });
  const model = await startScriptedModel();
  const effects = join(folder, 'effects');
  await mkdir(effects);
  const pack = options.pack ?? testPack(effects, options);
  await publishPack(store, pack);
  const desk = new Desk({ keys, store, audience, namespace });
  for (const principal of ['olga', 'pete', 'rita']) await desk.enrol(principal);
  const queue = `test-${folder.slice(-6)}`;
  const taskQueues: TaskQueues = {
    agent: queue,
    model: queue,
    tools: options.hasToolsQueue ? `${queue}-tools` : queue,
    notify: queue,
    record: queue,
  };
  let worker: RunningWorker | undefined;
  const workflowIds: string[] = [];
  const ofUnstoredVotes = new Set<string>();

  const harness: Harness = {
    folder: effects,
    stateFolder: folder,
    temporal,
    store,
    keys,
    door,
    desk,
    model,
    pack,
    taskQueues,
    async startWorker() {
      worker = await startTestWorker({
        folder,
        address,
        taskQueues,
        modelURL: model.baseURL,
        door,
        store: options.wrapStore ? options.wrapStore(store) : store,
        keys,
        pack,
        ...(options.worker ? { settings: options.worker } : {}),
        ...(options.bounds ? { bounds: options.bounds } : {}),
      });
      return worker;
    },
    async stopWorker() {
      await worker?.stop();
      worker = undefined;
    },
    async start(steps, changes, words = '') {
      const name = `test run ${folder.slice(-6)}-${workflowIds.length + 1}-`;
      model.script(name, steps);
      const input = `${name}${words}`;
      const ticket = desk.ticket(pack, input, taskQueues, changes);
      workflowIds.push(ticket.body.workflowId);
      return await harness.startWith(ticket, input);
    },
    async startWith(ticket, input) {
      const { workflowId } = ticket.body;
      const { linkRunId } = await door.startRun({ ticket, input, flow: null });
      const onlySignalled = (): void => void (workflowIds.includes(workflowId) && ofUnstoredVotes.add(workflowId));
      return startedRun(harness, { workflowId, linkRunId, input }, onlySignalled);
    },
    async stop() {
      await harness.stopWorker();
      await model.stop();
      try {
        const audited = { door, store, keys, audience, bundleFolder };
        const whole = workflowIds.filter((workflowId) => !ofUnstoredVotes.has(workflowId));
        await auditRuns({ ...audited, workflowIds: whole });
        // The gateway stores a vote before it signals it; a test that only signals one has left it out of the record itself.
        await auditRuns({ ...audited, workflowIds: [...ofUnstoredVotes], tolerated: ['store-votes'] });
      } finally {
        await door.close();
        await store.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
  if (options.startWorker !== false) await harness.startWorker();
  return harness;
}

function startedRun(
  { door, store, desk, folder }: Harness,
  { workflowId, linkRunId, input }: Pick<StartedRun, 'workflowId' | 'linkRunId' | 'input'>,
  onlySignalled: () => void,
): StartedRun {
  return {
    workflowId,
    linkRunId,
    input,
    result: async () => (await door.client.workflow.getHandle(workflowId).result()) as RunResult,
    ask: async (after = 0) =>
      await until('an open ask', async () => {
        const asks = await store.listAsks({ workflowId, limit: 100 });
        return asks.length > after ? asks.find((ask) => ask.outcome === null) : undefined;
      }),
    signalVote: async (vote) => {
      onlySignalled();
      await door.signal(workflowId, 'vote', vote);
    },
    castVote: async (ask, changes) => {
      const vote = desk.vote(ask, changes);
      await store.storeVote(vote, digestJson('vote', vote));
      await door.signal(workflowId, 'vote', vote);
      return vote;
    },
    effects: () => effectsIn(folder).filter((line) => line.includes(workflowId)),
  };
}
