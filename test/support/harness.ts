/**
 * A whole Countersign for server tests: the shared dev server, an own store, own keys, an own task queue and a worker in
 * this process, with a scripted model and tools whose effects are counted on disk.
 */
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { openTemporalDoor, type TemporalDoor } from '../../client/temporal-door.ts';
import { domains } from '../../core/contracts/envelope.ts';
import type { RunResult } from '../../core/contracts/run.ts';
import type { SignedTicket, TaskQueues } from '../../core/contracts/ticket.ts';
import { type KeySet, loadOrCreateKeys } from '../../keys/index.ts';
import type { AgentPack } from '../../packs/agent-pack.ts';
import { defineAgent } from '../../packs/define-agent.ts';
import { publishPack } from '../../packs/load-pack.ts';
import { openSqliteStore } from '../../store/index.ts';
import type { AskRow, Store } from '../../store/store.ts';
import { createUnshareSandbox } from '../../tools/sandbox/unshare-sandbox.ts';
import type { WorkerDependencies } from '../../worker/compose-activities.ts';
import { type RunningWorker, startWorker, type WorkerSettings } from '../../worker/create-worker.ts';
import { Desk } from './desk.ts';
import { type ScriptedModel, startScriptedModel, type Step } from './scripted-model.ts';
import { testTools } from './test-tools.ts';
import { until } from './until.ts';

export const audience = 'countersign:test';

export interface HarnessOptions {
  /** Deadline of asks, a duration as policies write it. @default 60s */
  deadline?: string;
  policy?: string;
  model?: Partial<AgentPack['body']['model']>;
  limits?: Partial<AgentPack['body']['limits']>;
  bounds?: WorkerDependencies['bounds'];
  worker?: Partial<Pick<WorkerSettings, 'drainMs' | 'maxCachedWorkflows'>>;
  /** @default true */
  startWorker?: boolean;
  /** Stands between activities and the store, to take it away. */
  wrapStore?: (store: Store) => Store;
}

export interface Harness {
  folder: string;
  store: Store;
  keys: KeySet;
  door: TemporalDoor;
  desk: Desk;
  model: ScriptedModel;
  pack: AgentPack;
  taskQueues: TaskQueues;
  startWorker(): Promise<RunningWorker>;
  stopWorker(): Promise<void>;
  /** Starts a run whose model says these steps. */
  start(steps: readonly Step[], changes?: Parameters<Desk['ticket']>[3]): Promise<StartedRun>;
  startWith(ticket: SignedTicket, input: string): Promise<StartedRun>;
  stop(): Promise<void>;
}

export interface StartedRun {
  workflowId: string;
  linkRunId: string;
  result(): Promise<RunResult>;
  /** The newest open ask of this run, once there is one (more than `after` asks). */
  ask(after?: number): Promise<AskRow>;
  signalVote(vote: unknown): Promise<void>;
}

export function testPolicy(deadline = '60s'): string {
  return `version: 1
roles:
  operator: {}
approvals:
  default:
    approvers: { roles: [operator] }
    quorum: 1
    deadline: ${deadline}
    executeWithin: 60s
rules:
  - { id: reads, effect: allow, tools: [read_status, leak], reason: reading is free, labels: { untrusted: allow } }
  - { id: restarts, effect: allow, tools: [restart], reason: restarting is harmless }
  - { id: effects, effect: ask, tools: [delete_database, send, quick_send, slow_send, blind_send, torn_send, scale], reason: a person must see it }
`;
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { address, namespace } = inject('temporal');
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  const store = await openSqliteStore({ file: join(folder, 'store', 'countersign.db') });
  const clock = { now: () => Date.now() };
  const keys = await loadOrCreateKeys({ folder: join(folder, 'keys'), domains, clock });
  const door = await openTemporalDoor({ address, namespace });
  const model = await startScriptedModel();
  const effects = join(folder, 'effects');
  await mkdir(effects);
  const pack = defineAgent({
    name: 'tester',
    instructions: 'Do what the test says.',
    model: { name: 'gpt-test', ...options.model },
    policy: options.policy ?? testPolicy(options.deadline),
    tools: testTools(effects),
    ...(options.limits ? { limits: options.limits } : {}),
  });
  await publishPack(store, pack);
  const desk = new Desk({ keys, store, audience, namespace });
  for (const principal of ['olga', 'pete', 'rita']) await desk.enrol(principal);
  const queue = `test-${folder.slice(-6)}`;
  const taskQueues: TaskQueues = { agent: queue, model: queue, tools: queue, notify: queue, record: queue };
  let worker: RunningWorker | undefined;
  let runs = 0;

  const harness: Harness = {
    folder: effects,
    store,
    keys,
    door,
    desk,
    model,
    pack,
    taskQueues,
    async startWorker() {
      worker = await startWorker(
        {
          temporal: { address, namespace },
          taskQueues,
          cacheFolder: join(tmpdir(), `countersign-test-bundle-${process.getuid?.() ?? 0}`),
          drainMs: 2000,
          ...options.worker,
        },
        {
          door,
          store: options.wrapStore ? options.wrapStore(store) : store,
          keys,
          clock,
          audience,
          tools: pack.tools,
          sandbox: createUnshareSandbox(),
          workFolder: join(folder, 'work'),
          openai: { apiKey: 'none', baseURL: model.baseURL },
          channels: [],
          buildId: 'test',
          bounds: { settleMarginMs: 500, ...options.bounds },
        },
      );
      return worker;
    },
    async stopWorker() {
      await worker?.stop();
      worker = undefined;
    },
    async start(steps, changes) {
      runs += 1;
      const input = `test run ${folder.slice(-6)}-${runs}-`;
      model.script(input, steps);
      return await harness.startWith(desk.ticket(pack, input, taskQueues, changes), input);
    },
    async startWith(ticket, input) {
      const { workflowId } = ticket.body;
      const { linkRunId } = await door.startRun({ ticket, input, flow: null });
      return startedRun(harness, workflowId, linkRunId);
    },
    async stop() {
      await harness.stopWorker();
      await model.stop();
      await door.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  if (options.startWorker !== false) await harness.startWorker();
  return harness;
}

function startedRun({ door, store }: Harness, workflowId: string, linkRunId: string): StartedRun {
  return {
    workflowId,
    linkRunId,
    result: async () => await door.client.workflow.getHandle(workflowId).result(),
    ask: async (after = 0) =>
      await until('an open ask', async () => {
        const asks = await store.listAsks({ workflowId, limit: 100 });
        return asks.length > after ? asks.find((ask) => ask.outcome === null) : undefined;
      }),
    signalVote: async (vote) => {
      await door.signal(workflowId, 'vote', vote);
    },
  };
}
