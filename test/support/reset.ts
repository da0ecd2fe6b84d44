/** Resets a run to a workflow task of its newest link, as an operator or an attacker with namespace access can. */
import { randomUUID } from 'node:crypto';
import type { TemporalDoor } from '../../client/temporal-door.ts';

export type ResetPoint =
  /** The task before the first vote signal is done again: what it asked is asked anew. */
  | 'before-the-vote'
  /** The vote stays in the history; what followed from it is done again. */
  | 'after-the-vote'
  /** The task that asks the model for the last time is done again: every call is over. */
  | 'the-last-answer'
  /** The task that asks for the record to be closed is done again: every call is over. */
  | 'the-closing'
  /** Only the last task is done again. */
  | 'the-end';

/** Signals are applied again, which is the server's default and the attacker's choice. @returns the new link's run id */
export async function resetRun(door: TemporalDoor, workflowId: string, point: ResetPoint): Promise<string> {
  const { runId } = await door.client.workflow.getHandle(workflowId).describe();
  const history = await door.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const events = history.events ?? [];
  const vote = events.findIndex((event) => event.workflowExecutionSignaledEventAttributes);
  const scheduling = (type: string): number =>
    events.findLastIndex(({ activityTaskScheduledEventAttributes: one }) => one?.activityType?.name === type);
  const asking = scheduling('callModel');
  const closing = scheduling('closeRun');
  const tasks = events.flatMap((event, place) =>
    event.workflowTaskCompletedEventAttributes ? [{ event, place }] : [],
  );
  const task = {
    'before-the-vote': tasks.findLast(({ place }) => place < vote),
    'after-the-vote': tasks.find(({ place }) => place > vote),
    'the-last-answer': tasks.findLast(({ place }) => place < asking),
    'the-closing': tasks.findLast(({ place }) => place < closing),
    'the-end': tasks.at(-1),
  }[point];
  if (!task) throw new Error(`the history has no task ${point}`);
  const answer = await door.client.workflowService.resetWorkflowExecution({
    namespace: door.namespace,
    workflowExecution: { workflowId, runId },
    reason: point,
    requestId: randomUUID(),
    workflowTaskFinishEventId: task.event.eventId ?? null,
  });
  return answer.runId;
}
