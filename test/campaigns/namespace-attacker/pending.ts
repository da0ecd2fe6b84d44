/** What the server says is scheduled and not ended, with what it was scheduled with: an attacker reads both. */
import type { StartedRun } from '../../support/harness.ts';
import { until } from '../../support/until.ts';
import type { Stage } from './stage.ts';
import { inputOf, payloadsOf, thief } from './stolen-tasks.ts';

export interface Pending {
  activityId: string;
  input: unknown;
}

export async function pendingActivity({ client }: Stage, run: StartedRun, type: string): Promise<Pending> {
  const handle = client.workflow.getHandle(run.workflowId);
  const activityId = await until(`a pending ${type}`, async () => {
    const { raw } = await handle.describe();
    return raw.pendingActivities?.find(({ activityType }) => activityType?.name === type)?.activityId;
  });
  const { events } = await handle.fetchHistory();
  return { activityId, input: inputOf(events ?? [], type) };
}

/** Answers it by its id, as anybody may who did not take it. */
export async function complete(
  { client, namespace }: Stage,
  run: StartedRun,
  activityId: string,
  result: unknown,
): Promise<void> {
  await client.workflowService.respondActivityTaskCompletedById({
    namespace,
    workflowId: run.workflowId,
    runId: '',
    activityId,
    result: payloadsOf(result),
    identity: thief,
  });
}
