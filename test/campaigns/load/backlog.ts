/** What the server still has to hand out on a task queue: its own count of tasks that no worker has taken. */
import type { TemporalDoor } from '../../../client/temporal-door.ts';

const workflowTasks = 1;
const activityTasks = 2;

export async function backlogOf({ client, namespace }: TemporalDoor, taskQueue: string): Promise<number> {
  let backlog = 0;
  for (const taskQueueType of [workflowTasks, activityTasks]) {
    const { stats } = await client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType,
      reportStats: true,
    });
    // Absent statistics are no empty queue.
    if (!stats) throw new Error('the server gave no statistics of its task queue');
    backlog += Number(stats.approximateBacklogCount ?? 0);
  }
  return backlog;
}
