/** The worker of server tests, in this process or in one that a test may kill. */
import { join } from 'node:path';
import type { TemporalDoor } from '../../client/temporal-door.ts';
import type { TaskQueues } from '../../core/contracts/ticket.ts';
import type { KeySet } from '../../keys/index.ts';
import type { Guard } from '../../guards/index.ts';
import type { AgentPack } from '../../packs/agent-pack.ts';
import { defineAgent } from '../../packs/define-agent.ts';
import type { Store } from '../../store/store.ts';
import { createUnshareSandbox } from '../../tools/sandbox/unshare-sandbox.ts';
import type { WorkerDependencies } from '../../worker/compose-activities.ts';
import { type RunningWorker, startWorker, type WorkerSettings } from '../../worker/create-worker.ts';
import { bundleFolder } from './bundle-folder.ts';
import { testTools } from './test-tools.ts';

export const audience = 'countersign:test';

export interface PackChanges {
  /** Deadline of asks, a duration as policies write it. @default 60s */
  deadline?: string;
  policy?: string;
  model?: Partial<AgentPack['body']['model']>;
  limits?: Partial<AgentPack['body']['limits']>;
  guards?: readonly Guard[];
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
  - { id: restarts, effect: allow, tools: [restart], reason: restarting is harmless, labels: { untrusted: allow } }
  - { id: effects, effect: ask, tools: [delete_database, send, quick_send, slow_send, blind_send, torn_send, scale, purge], reason: a person must see it }
`;
}

/** @param effects the folder in which the tools count their effects */
export function testPack(effects: string, changes: PackChanges = {}): AgentPack {
  return defineAgent({
    name: 'tester',
    instructions: 'Do what the test says.',
    model: { name: 'gpt-test', ...changes.model },
    policy: changes.policy ?? testPolicy(changes.deadline),
    tools: testTools(effects),
    ...(changes.limits ? { limits: changes.limits } : {}),
    ...(changes.guards ? { guards: changes.guards } : {}),
  });
}

export interface TestWorker {
  /** Holds store, keys, effects and work folder. */
  folder: string;
  address: string;
  taskQueues: TaskQueues;
  modelURL: string;
  door: TemporalDoor;
  store: Store;
  keys: KeySet;
  pack: AgentPack;
  settings?: Partial<Pick<WorkerSettings, 'drainMs' | 'maxCachedWorkflows' | 'roles'>>;
  bounds?: WorkerDependencies['bounds'];
}

export async function startTestWorker(worker: TestWorker): Promise<RunningWorker> {
  const { door, store, keys, pack } = worker;
  return await startWorker(
    {
      temporal: { address: worker.address, namespace: door.namespace },
      taskQueues: worker.taskQueues,
      cacheFolder: bundleFolder,
      drainMs: 2000,
      ...worker.settings,
    },
    {
      door,
      store,
      keys,
      clock: { now: () => Date.now() },
      audience,
      tools: pack.tools,
      guards: pack.guards,
      sandbox: createUnshareSandbox(),
      workFolder: join(worker.folder, 'work'),
      openai: { apiKey: 'none', baseURL: worker.modelURL },
      buildId: 'test',
      bounds: { settleMarginMs: 500, ...worker.bounds },
    },
  );
}
