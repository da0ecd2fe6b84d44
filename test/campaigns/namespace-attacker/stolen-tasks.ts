/**
 * A worker without keys on somebody's queue: takes workflow and activity tasks with the server's own calls, and answers with
 * whatever it likes, also with what another run's history holds.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import proto, { type temporal } from '@temporalio/proto';
import type { StartedRun } from '../../support/harness.ts';
import type { Stage } from './stage.ts';

type Events = temporal.api.history.v1.IHistoryEvent[];
export type Command = temporal.api.command.v1.ICommand;
type Payload = temporal.api.common.v1.IPayload;
const { CommandType } = proto.temporal.api.enums.v1;

/** Longest that the thief waits for a task, ms. */
const patienceMs = 30_000;
export const thief = 'a worker without keys';

export function payloadsOf(...values: unknown[]): { payloads: Payload[] } {
  return { payloads: values.map((value) => defaultPayloadConverter.toPayload(value)) };
}

/** The next workflow task of a queue. */
export async function stealWorkflowTask(
  { client, namespace }: Stage,
  queue: string,
): Promise<temporal.api.workflowservice.v1.IPollWorkflowTaskQueueResponse & { taskToken: Uint8Array }> {
  const end = Date.now() + patienceMs;
  while (Date.now() < end) {
    const task = await client.withDeadline(end, () =>
      client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue: { name: queue }, identity: thief }),
    );
    if (task.taskToken.length > 0) return task;
  }
  throw new Error(`no workflow task came on "${queue}"`);
}

export async function stealActivityTask(
  { client, namespace }: Stage,
  queue: string,
): Promise<temporal.api.workflowservice.v1.IPollActivityTaskQueueResponse & { taskToken: Uint8Array }> {
  const end = Date.now() + patienceMs;
  while (Date.now() < end) {
    const task = await client.withDeadline(end, () =>
      client.workflowService.pollActivityTaskQueue({ namespace, taskQueue: { name: queue }, identity: thief }),
    );
    if (task.taskToken.length > 0) return task;
  }
  throw new Error(`no activity task came on "${queue}"`);
}

/** Takes the next workflow task of a queue and answers it. */
export async function answerTask(stage: Stage, queue: string, commands: Command[]): Promise<void> {
  const { client, namespace } = stage;
  const { taskToken } = await stealWorkflowTask(stage, queue);
  await client.workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, identity: thief, commands });
}

/** What an attacker reads: the whole history of a run. */
export async function historyOf({ client }: Stage, { workflowId, linkRunId }: StartedRun): Promise<Events> {
  const { events } = await client.workflow.getHandle(workflowId, linkRunId).fetchHistory();
  return events ?? [];
}

/** The first argument of the activity of a type that was scheduled last. */
export function inputOf(events: Events, activityType: string): unknown {
  const event = events.findLast(
    ({ activityTaskScheduledEventAttributes: attributes }) => attributes?.activityType?.name === activityType,
  );
  const payload = event?.activityTaskScheduledEventAttributes?.input?.payloads?.[0];
  if (!payload) throw new Error(`the history has no activity ${activityType}`);
  return defaultPayloadConverter.fromPayload(payload);
}

/** Results of local activities of a type, in order. */
export function localResults(events: Events, activityType: string): unknown[] {
  return events.flatMap(({ markerRecordedEventAttributes: marker }) => {
    const [data] = marker?.details?.['data']?.payloads ?? [];
    const [result] = marker?.details?.['result']?.payloads ?? [];
    if (!data || !result) return [];
    const { activity_type: type } = defaultPayloadConverter.fromPayload<{ activity_type: string }>(data);
    return type === activityType ? [defaultPayloadConverter.fromPayload<unknown>(result)] : [];
  });
}

/** The commands of the task that ended a history's event `chosen`, as another worker would send them for another run. */
export function commandsAsIn(
  events: Events,
  chosen: (commands: Command[]) => boolean,
  rewrite: (text: string) => string,
): Command[] {
  const tasks = new Map<number, Command[]>();
  let task = 0;
  for (const event of events) {
    if (event.workflowTaskCompletedEventAttributes) task = Number(event.eventId);
    const command = commandOf(event, rewrite);
    if (command) tasks.set(task, [...(tasks.get(task) ?? []), command]);
  }
  const commands = [...tasks.values()].find(chosen);
  if (!commands) throw new Error('the history has no such task');
  return commands;
}

export function isMarkerOf(activityType: string): (command: Command) => boolean {
  return ({ recordMarkerCommandAttributes: marker }) => {
    const [data] = marker?.details?.['data']?.payloads ?? [];
    return (
      data !== undefined &&
      defaultPayloadConverter.fromPayload<{ activity_type: string }>(data).activity_type === activityType
    );
  };
}

export function schedules(activityType: string): (command: Command) => boolean {
  return ({ scheduleActivityTaskCommandAttributes: schedule }) => schedule?.activityType?.name === activityType;
}

/** The same command with another result of its local activity. */
export function withResult(command: Command, result: unknown): Command {
  const marker = command.recordMarkerCommandAttributes;
  return {
    ...command,
    recordMarkerCommandAttributes: { ...marker, details: { ...marker?.details, result: payloadsOf(result) } },
  };
}

function commandOf(event: Events[number], rewrite: (text: string) => string): Command | undefined {
  const userMetadata = event.userMetadata ?? null;
  const { markerRecordedEventAttributes: marker, activityTaskScheduledEventAttributes: activity } = event;
  if (marker) {
    const { markerName, details, header, failure } = marker;
    return {
      commandType: CommandType.COMMAND_TYPE_RECORD_MARKER,
      userMetadata,
      recordMarkerCommandAttributes: {
        markerName,
        header,
        failure,
        details: Object.fromEntries(
          Object.entries(details ?? {}).map(([key, { payloads }]) => [
            key,
            { payloads: (payloads ?? []).map((one) => rewritten(one, rewrite)) },
          ]),
        ),
      },
    };
  }
  if (activity) {
    const { activityId, activityType, taskQueue, input, retryPolicy, ...times } = activity;
    return {
      commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
      userMetadata,
      scheduleActivityTaskCommandAttributes: {
        activityId,
        activityType,
        taskQueue: { name: rewrite(taskQueue?.name ?? '') },
        input: { payloads: (input?.payloads ?? []).map((one) => rewritten(one, rewrite)) },
        retryPolicy,
        scheduleToCloseTimeout: times.scheduleToCloseTimeout,
        scheduleToStartTimeout: times.scheduleToStartTimeout,
        startToCloseTimeout: times.startToCloseTimeout,
        heartbeatTimeout: times.heartbeatTimeout,
      },
    };
  }
  if (event.timerStartedEventAttributes) {
    const { timerId, startToFireTimeout } = event.timerStartedEventAttributes;
    return {
      commandType: CommandType.COMMAND_TYPE_START_TIMER,
      userMetadata,
      startTimerCommandAttributes: { timerId, startToFireTimeout },
    };
  }
  if (event.timerCanceledEventAttributes) {
    const { timerId } = event.timerCanceledEventAttributes;
    return { commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER, cancelTimerCommandAttributes: { timerId } };
  }
  if (event.upsertWorkflowSearchAttributesEventAttributes) {
    const { searchAttributes } = event.upsertWorkflowSearchAttributesEventAttributes;
    return {
      commandType: CommandType.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
      upsertWorkflowSearchAttributesCommandAttributes: { searchAttributes },
    };
  }
  return undefined;
}

function rewritten(payload: Payload, rewrite: (text: string) => string): Payload {
  const text = new TextDecoder().decode(payload.data ?? new Uint8Array());
  return { ...payload, data: new TextEncoder().encode(rewrite(text)) };
}
