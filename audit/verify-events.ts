/**
 * The events of each link against each other: ids, references, and times. A server writes them so; who edits one event must
 * edit those that depend on it as well. Within the slack below, times are the server's own word and nobody else's.
 */
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { Checks } from './checks.ts';
import { bytesText } from './decode-payload.ts';
import type { HistoryEvent, LinkHistory } from './history-source.ts';
import { eventsOf, numberOf } from './link-origin.ts';
import { attributesOf, kindOf, referencesOf } from './event-references.ts';

/** A task's commands are written with it; a server that is short of time takes a while for many, ms. */
const commandSlackMs = 10_000;
/** A server's shards may move between machines whose clocks differ, ms. */
export const eventTimeSlackMs = 10_000;

export function verifyEvents(links: readonly LinkHistory[], checks: Checks): void {
  for (const link of links) {
    verifyReferences(link, checks);
    verifyTimes(link, checks);
  }
}

function verifyReferences(link: LinkHistory, checks: Checks): void {
  const events = eventsOf(link);
  const byId = new Map(events.map((event) => [numberOf(event.eventId), event]));
  // From 1, so that one that was taken out is found also in the first event.
  let taskId = 0;
  for (const event of events) {
    const place = { link: link.linkRunId, eventId: numberOf(event.eventId) };
    const fits = attributesOf(event) === kindOf(event);
    checks.expect('history-order', fits, place, 'the event’s type is not that of what it holds');
    const later = numberOf(event.taskId) > taskId;
    checks.expect('history-order', later, place, 'the event’s task id does not follow from the one before');
    taskId = Math.max(taskId, numberOf(event.taskId));
    for (const { field, eventId, kinds } of referencesOf(event)) {
      const named = eventId < place.eventId ? byId.get(eventId) : undefined;
      const holds = named !== undefined && kinds.includes(kindOf(named));
      checks.expect('history-order', holds, place, `its ${field} names no earlier event of the right kind`);
    }
    verifyPair(event, byId, place, checks);
    verifySummary(event, byId, place, checks);
  }
  verifyTasks(link, checks);
}

/** What two events say of the same thing is the same. */
function verifyPair(
  event: HistoryEvent,
  byId: ReadonlyMap<number, HistoryEvent>,
  place: { link: string; eventId: number },
  checks: Checks,
): void {
  const timer = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
  if (timer) {
    const started = byId.get(numberOf(timer.startedEventId))?.timerStartedEventAttributes;
    checks.expect(
      'history-order',
      started?.timerId === timer.timerId,
      place,
      'the timer has another name than it was started with',
    );
  }
  const ended = event.activityTaskCompletedEventAttributes ?? event.activityTaskFailedEventAttributes;
  if (ended) {
    const started = byId.get(numberOf(ended.startedEventId))?.activityTaskStartedEventAttributes;
    const same = numberOf(started?.scheduledEventId) === numberOf(ended.scheduledEventId);
    checks.expect('history-order', same, place, 'the activity that ended is another one than started');
  }
}

/** The server writes the summary of a command again where it is cancelled; older ones leave it out there. */
function verifySummary(
  event: HistoryEvent,
  byId: ReadonlyMap<number, HistoryEvent>,
  place: { link: string; eventId: number },
  checks: Checks,
): void {
  const begun =
    event.timerCanceledEventAttributes?.startedEventId ??
    event.activityTaskCancelRequestedEventAttributes?.scheduledEventId;
  if (!begun || !event.userMetadata) return;
  const same = summaryOf(event) === summaryOf(byId.get(numberOf(begun)));
  checks.expect('history-order', same, place, 'what was cancelled has another summary than it began with');
}

/** What the server keeps for people who look at its lists: of a run at its start, of a command. */
export function summaryOf(event: HistoryEvent | undefined): string {
  return bytesText(event?.userMetadata?.summary?.data);
}

/** Each workflow task was scheduled, started and ended in turn, and each command belongs to the last one that completed. */
function verifyTasks(link: LinkHistory, checks: Checks): void {
  let scheduled = 0;
  let started = 0;
  let completed = 0;
  for (const event of eventsOf(link)) {
    const eventId = numberOf(event.eventId);
    const place = { link: link.linkRunId, eventId };
    const expectId = (named: unknown, last: number, what: string): void => {
      checks.expect('history-order', numberOf(named) === last, place, `it is of another workflow task: ${what}`);
    };
    const task = event.workflowTaskStartedEventAttributes;
    const end =
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes;
    if (event.workflowTaskScheduledEventAttributes) scheduled = eventId;
    if (task) {
      expectId(task.scheduledEventId, scheduled, 'it was scheduled by another event');
      started = eventId;
    }
    if (end) {
      expectId(end.scheduledEventId, scheduled, 'it was scheduled by another event');
      // One that timed out before anybody took it has no start; a reset's has that of the link it forks from.
      if (event.workflowTaskCompletedEventAttributes)
        expectId(end.startedEventId, started, 'it was started by another event');
      const begun = !event.workflowTaskFailedEventAttributes || numberOf(end.startedEventId) > 0;
      checks.expect('history-order', begun, place, 'a workflow task failed that nobody had started');
    }
    if (event.workflowTaskCompletedEventAttributes) completed = eventId;
    const command = commandTask(event);
    if (command !== null) expectId(command, completed, 'the command was made by another task');
  }
}

function commandTask(event: HistoryEvent): number | null {
  for (const [name, attributes] of Object.entries(event)) {
    if (!name.endsWith('EventAttributes') || typeof attributes !== 'object' || attributes === null) continue;
    const task: unknown = Reflect.get(attributes, 'workflowTaskCompletedEventId');
    return task === undefined || task === null ? null : numberOf(task);
  }
  return null;
}

/**
 * Workflow tasks are in order; whatever else happened lies after the start of the task before it, because only what comes while
 * a task is open waits for its end. An activity’s start is written when it ends, with the time that it had.
 */
function verifyTimes(link: LinkHistory, checks: Checks): void {
  const events = eventsOf(link);
  const byId = new Map(events.map((event) => [numberOf(event.eventId), event]));
  let floor = Number.NEGATIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    const place = { link: link.linkRunId, eventId: numberOf(event.eventId) };
    const at = timeOf(event);
    const started = event.activityTaskStartedEventAttributes;
    const lowest = started ? timeOf(byId.get(numberOf(started.scheduledEventId))) : floor;
    checks.expect('history-order', at > 0, place, 'it has no time');
    checks.expect('history-order', at >= lowest - eventTimeSlackMs, place, 'its time is before what it follows');
    const anchored = kindOf(event).startsWith('WORKFLOW_TASK');
    const inTurn = !anchored || at >= highest - eventTimeSlackMs;
    checks.expect('history-order', inTurn, place, 'an event before it has a later time');
    const task = commandTask(event);
    const apart = task === null ? 0 : Math.abs(at - timeOf(byId.get(task)));
    checks.expect('history-order', apart <= commandSlackMs, place, 'its time is not that of the task that made it');
    const ended = activityStart(event);
    const began = ended === 0 ? at : timeOf(byId.get(ended));
    checks.expect('history-order', began <= at + eventTimeSlackMs, place, 'the activity started after it ended');
    const timer = event.timerFiredEventAttributes;
    if (timer) {
      const start = byId.get(numberOf(timer.startedEventId));
      const due = timeOf(start) + durationOf(start);
      checks.expect('history-order', at >= due - eventTimeSlackMs, place, 'the timer fired before it was due');
    }
    highest = Math.max(highest, at);
    if (isBegin(event)) floor = Math.max(floor, at);
  }
}

/** What comes while a task is open is written behind the task's end, which after an outage of the server is much later. */
function isBegin(event: HistoryEvent): boolean {
  return Boolean(event.workflowTaskScheduledEventAttributes ?? event.workflowTaskStartedEventAttributes);
}

/** Of an event that ends an activity: the event that started it, 0 for none. */
function activityStart(event: HistoryEvent): number {
  const ended =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  return numberOf(ended?.startedEventId);
}

function durationOf(event: HistoryEvent | undefined): number {
  const duration = event?.timerStartedEventAttributes?.startToFireTimeout;
  return duration ? tsToMs(duration) : 0;
}

function timeOf(event: HistoryEvent | undefined): number {
  return event?.eventTime ? tsToMs(event.eventTime) : 0;
}
