/**
 * What all cases of the campaign share: one Countersign with keys, store, model and worker on a queue of all roles, and the
 * attacker's access to the same namespace. A victim may have queues of its own, which nobody serves until a case says so.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { TaskQueues } from '../../../core/contracts/ticket.ts';
import type { WorkerRole } from '../../../worker/compose-activities.ts';
import type { RunningWorker } from '../../../worker/create-worker.ts';
import { type Attacker, startAttacker } from '../../support/attacker.ts';
import { type Harness, type StartedRun, startHarness } from '../../support/harness.ts';
import type { Step } from '../../support/scripted-model.ts';
import { effectsIn } from '../../support/test-tools.ts';
import { startTestWorker } from '../../support/test-worker.ts';
import type { Victim } from './case.ts';

export interface Stage {
  harness: Harness;
  attacker: Attacker;
  client: Client;
  namespace: string;
  /** Starts a run as the gateway does. @param queues those that are not the shared one */
  victim(steps: readonly Step[], queues?: Partial<TaskQueues>): Promise<StartedRun>;
  /** A run that the attacker started. */
  ownRun(workflowId: string, linkRunId: string): Victim;
  /** A name for a queue that nobody serves. */
  lonelyQueue(what: string): string;
  /** A worker with the real keys for some roles of a victim. */
  serve(roles: readonly WorkerRole[], queues: Partial<TaskQueues>): Promise<RunningWorker>;
  stop(): Promise<void>;
}

export async function startStage(temporal: { address: string; namespace: string }): Promise<Stage> {
  const harness = await startHarness({ temporal, bounds: { settleMarginMs: 500 } });
  const { client, namespace } = harness.door;
  const attacker = await startAttacker(client, temporal);
  const workers: RunningWorker[] = [];
  let started = 0;
  return {
    harness,
    attacker,
    client,
    namespace,
    async victim(steps, queues = {}) {
      started += 1;
      const input = `victim ${started}-${randomUUID().slice(0, 8)}-`;
      harness.model.script(input, steps);
      const ticket = harness.desk.ticket(harness.pack, input, { ...harness.taskQueues, ...queues });
      // Not harness.start: it would audit the runs at its end, and these are attacked so that they differ.
      return await harness.startWith(ticket, input);
    },
    ownRun: (workflowId, linkRunId) => ({
      workflowId,
      linkRunId,
      effects: () => effectsIn(harness.folder).filter((line) => line.includes(workflowId)),
    }),
    lonelyQueue: (what) => `lonely-${what}-${randomUUID().slice(0, 8)}`,
    async serve(roles, queues) {
      const worker = await startTestWorker({
        folder: harness.stateFolder,
        address: temporal.address,
        taskQueues: { ...harness.taskQueues, ...queues },
        modelURL: harness.model.baseURL,
        door: harness.door,
        store: harness.store,
        keys: harness.keys,
        pack: harness.pack,
        settings: { roles, drainMs: 500 },
      });
      workers.push(worker);
      return worker;
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await attacker.stop();
      await harness.stop();
    },
  };
}
