/** Which events an event names, by field, and of which kind those must be. Kinds are the server’s, without their prefix. */
import proto from '@temporalio/proto';
import type { HistoryEvent } from './history-source.ts';
import { numberOf } from './link-origin.ts';

export interface EventReference {
  field: string;
  eventId: number;
  kinds: readonly string[];
}

const { EventType } = proto.temporal.api.enums.v1;

/** `WORKFLOW_TASK_STARTED` of an event of that type. */
export function kindOf(event: HistoryEvent): string {
  return (EventType[Number(event.eventType ?? 0)] ?? '').replace('EVENT_TYPE_', '');
}

/** The kind of event whose attributes it holds; empty where it holds none, or two. */
export function attributesOf(event: HistoryEvent): string {
  const held = Object.entries(event).filter(
    ([name, value]) => name.endsWith('EventAttributes') && value !== null && value !== undefined,
  );
  const [name = ''] = held.length === 1 ? (held[0] ?? []) : [];
  return String(name)
    .replace('EventAttributes', '')
    .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();
}

const taskStarted = ['WORKFLOW_TASK_STARTED'];
const taskScheduled = ['WORKFLOW_TASK_SCHEDULED'];
const activityScheduled = ['ACTIVITY_TASK_SCHEDULED'];

/** References of value 0 name nothing: a task that timed out before it started, say. */
export function referencesOf(event: HistoryEvent): EventReference[] {
  const kind = kindOf(event);
  const attributes = heldBy(event);
  const named = (field: string, kinds: readonly string[]): EventReference[] => {
    const value: unknown = Reflect.get(attributes, field);
    return value === undefined || value === null || numberOf(value) === 0
      ? []
      : [{ field, eventId: numberOf(value), kinds }];
  };
  const ofTask = kind.startsWith('WORKFLOW_TASK');
  const ofActivity = kind.startsWith('ACTIVITY_TASK');
  return [
    ...named('workflowTaskCompletedEventId', ['WORKFLOW_TASK_COMPLETED']),
    ...(ofTask ? [...named('scheduledEventId', taskScheduled), ...named('startedEventId', taskStarted)] : []),
    ...(ofActivity
      ? [...named('scheduledEventId', activityScheduled), ...named('startedEventId', ['ACTIVITY_TASK_STARTED'])]
      : []),
    ...(kind.startsWith('TIMER') ? named('startedEventId', ['TIMER_STARTED']) : []),
  ];
}

/** What it says of its kind; empty where it says nothing. */
export function heldBy(event: HistoryEvent): object {
  for (const [name, value] of Object.entries(event) as [string, unknown][]) {
    if (name.endsWith('EventAttributes') && typeof value === 'object' && value !== null) return value;
  }
  return {};
}
