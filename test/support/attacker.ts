/**
 * A client with write access to the namespace and no keys: it runs its own worker, starts or takes over runs, and schedules
 * our activities with any input, in a workflow or standalone.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import { z } from 'zod';
import type { Attempt } from './attacker-workflow.ts';
import { until } from './until.ts';

const outcomeSchema = z.object({ result: z.unknown(), failure: z.string().optional() });
export type AttemptOutcome = z.infer<typeof outcomeSchema>;

export interface Attacker {
  /** Its own queue; a run started there is the attacker's to play. */
  taskQueue: string;
  /** Starts a run of the product's workflow type under any id. @returns the link's run id */
  start(workflowId: string): Promise<string>;
  /** Schedules an activity from inside the run. */
  schedule(workflowId: string, attempt: Omit<Attempt, 'key'>): Promise<AttemptOutcome>;
  /** Starts an activity without any workflow. */
  standalone(activityType: string, taskQueue: string, input: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Call it after the harness, which installs the runtime.
 * @param temporal where the attacker works; @default the dev server that all server tests share
 */
export async function startAttacker(
  client: Client,
  { address, namespace }: { address: string; namespace: string } = inject('temporal'),
): Promise<Attacker> {
  const connection = await NativeConnection.connect({ address });
  const taskQueue = `attacker-${randomUUID()}`;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('attacker-workflow.ts', import.meta.url)),
  });
  const running = worker.run();
  const started: string[] = [];
  return {
    taskQueue,
    async start(workflowId) {
      const handle = await client.workflow.start('agentRun', {
        workflowId,
        taskQueue,
        args: [],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      });
      started.push(workflowId);
      return handle.firstExecutionRunId;
    },
    async schedule(workflowId, attempt) {
      const key = randomUUID();
      const handle = client.workflow.getHandle(workflowId);
      await handle.signal('attempt', { key, ...attempt });
      const json = await until('the attempt to end', () =>
        handle.query<string | null, [string]>('attempt-outcome', key),
      );
      return outcomeSchema.parse(JSON.parse(json));
    },
    standalone: async (activityType, queue, input): Promise<unknown> =>
      await client.activity.execute<unknown>(activityType, {
        id: `attack-${randomUUID()}`,
        taskQueue: queue,
        args: [input],
        startToCloseTimeout: '20s',
        retry: { maximumAttempts: 1 },
      }),
    async stop() {
      for (const workflowId of started) {
        await client.workflow
          .getHandle(workflowId)
          .terminate('end of the test')
          .catch(() => undefined);
      }
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}
