/**
 * What a keyless worker runs when it takes a run's tasks: a workflow of the run's own type that schedules whatever its
 * master signals, under any activity id, on any queue.
 */
import { condition, defineQuery, defineSignal, scheduleActivity, setHandler } from '@temporalio/workflow';

export interface Attempt {
  key: string;
  activityType: string;
  activityId: string;
  taskQueue: string;
  input: unknown;
}

export const attemptSignal = defineSignal<[Attempt]>('attempt');
/** `{ result }` or `{ failure }` once it ended, JSON. */
export const outcomeQuery = defineQuery<string | null, [string]>('attempt-outcome');

export async function agentRun(): Promise<void> {
  const outcomes = new Map<string, string>();
  setHandler(outcomeQuery, (key) => outcomes.get(key) ?? null);
  setHandler(attemptSignal, async ({ key, activityType, activityId, taskQueue, input }) => {
    const outcome = await scheduleActivity<unknown>(activityType, [input], {
      activityId,
      taskQueue,
      startToCloseTimeout: '20s',
      scheduleToStartTimeout: '20s',
      retry: { maximumAttempts: 1 },
    }).then(
      (result) => ({ result }),
      (error: unknown) => ({ failure: error instanceof Error ? error.name : 'failure' }),
    );
    outcomes.set(key, JSON.stringify(outcome));
  });
  await condition(() => false);
}
