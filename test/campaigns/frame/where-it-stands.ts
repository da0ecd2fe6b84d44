/** Where a run stands that should have ended: for whoever reads the failure. */
import type { Client } from '@temporalio/client';

/** For whoever reads the failure: the last events, and why its tasks fail. */
export async function whereItStands(client: Client, workflowId: string): Promise<string> {
  const handle = client.workflow.getHandle(workflowId);
  const { raw } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const last = (events ?? []).slice(-6).map((event) => {
    const failure = event.workflowTaskFailedEventAttributes?.failure?.message;
    const kind = Object.keys(event).find((key) => key.endsWith('EventAttributes') && event[key as keyof typeof event]);
    return `${Number(event.eventId)} ${kind?.replace('EventAttributes', '') ?? ''}${failure ? `: ${failure.slice(0, 300)}` : ''}`;
  });
  const attempt = Number(raw.pendingWorkflowTask?.attempt ?? 0);
  const pending = (raw.pendingActivities ?? []).map(
    ({ activityId, activityType, state, attempt: tries, lastWorkerIdentity }) =>
      `${activityId ?? ''} ${activityType?.name ?? ''}, state ${state ?? 0}, attempt ${tries ?? 0}, taken by "${lastWorkerIdentity ?? ''}"`,
  );
  return `${workflowId}: workflow task attempt ${attempt}, pending [${pending.join(', ')}], last events [${last.join('; ')}]`;
}
