/**
 * Reads a run's record out of its histories, and out of nothing else: not from workflow state, queries or the store. Never
 * throws for what a history holds: a payload that cannot be decoded becomes a value that says so.
 */
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';
import { bytesText, decodePayload, decodePayloads, type Payload } from './decode-payload.ts';
import type { HistoryEvent, LinkHistory } from './history-source.ts';
import { eventsOf, inChainOrder, numberOf, originOf } from './link-origin.ts';
import type {
  ActivityEnd,
  ActivityEntry,
  ActivityOptions,
  LinkRecord,
  RecordEntry,
  RunRecord,
  TimerEntry,
} from './record-types.ts';

type Failure = temporal.api.failure.v1.IFailure;
type Time = Parameters<typeof tsToMs>[0];

export function readRecord(workflowId: string, links: readonly LinkHistory[]): RunRecord {
  return { workflowId, links: inChainOrder(links).map(readLink) };
}

function readLink(link: LinkHistory): LinkRecord {
  const events = eventsOf(link);
  const start = events[0]?.workflowExecutionStartedEventAttributes;
  const reading: Reading = { link, origin: originOf(link), entries: [], activities: new Map(), timers: new Map() };
  for (const event of events) readEvent(reading, event);
  return {
    origin: reading.origin,
    workflowType: start?.workflowType?.name ?? '',
    startedAt: timeOf(events[0]?.eventTime),
    input: decodePayloads(start?.input),
    eventIds: events.map((event) => numberOf(event.eventId)),
    entries: reading.entries,
  };
}

interface Reading {
  link: LinkHistory;
  origin: LinkRecord['origin'];
  entries: RecordEntry[];
  /** By the id of the event that scheduled it. */
  activities: Map<number, ActivityEntry>;
  /** By the id of the event that started it. */
  timers: Map<number, TimerEntry>;
}

function readEvent(reading: Reading, event: HistoryEvent): void {
  const entry = commandEntry(reading, event) ?? outsideEntry(reading, event) ?? endEntry(reading, event);
  if (entry) reading.entries.push(entry);
  else if (!noteActivity(reading, event)) noteTimer(reading, event);
}

function baseOf(reading: Reading, event: HistoryEvent, taskEventId: unknown) {
  const eventId = numberOf(event.eventId);
  return {
    link: reading.link.linkRunId,
    eventId,
    at: timeOf(event.eventTime),
    taskEventId: numberOf(taskEventId),
    copied: eventId <= reading.origin.forkEventId,
  };
}

/** What the workflow's code asked for. */
function commandEntry(reading: Reading, event: HistoryEvent): RecordEntry | undefined {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    const activity: ActivityEntry = {
      ...baseOf(reading, event, scheduled.workflowTaskCompletedEventId),
      kind: 'activity',
      activityType: scheduled.activityType?.name ?? '',
      activityId: scheduled.activityId ?? '',
      taskQueue: scheduled.taskQueue?.name ?? '',
      input: decodePayloads(scheduled.input),
      options: optionsOf(scheduled),
      summary: textOf(event.userMetadata?.summary),
      startedAt: null,
      attempts: 0,
      endedAt: null,
      endEventId: null,
      end: null,
    };
    reading.activities.set(activity.eventId, activity);
    return activity;
  }
  const timer = event.timerStartedEventAttributes;
  if (timer) {
    const summary = decodePayload(event.userMetadata?.summary);
    const started: TimerEntry = {
      ...baseOf(reading, event, timer.workflowTaskCompletedEventId),
      kind: 'timer',
      timerId: timer.timerId ?? '',
      durationMs: timeOf(timer.startToFireTimeout),
      summary: typeof summary === 'string' ? summary : null,
      endedAt: null,
      end: null,
    };
    reading.timers.set(started.eventId, started);
    return started;
  }
  const shown = event.upsertWorkflowSearchAttributesEventAttributes;
  if (shown) {
    const fields = Object.entries(shown.searchAttributes?.indexedFields ?? {});
    const base = baseOf(reading, event, shown.workflowTaskCompletedEventId);
    return {
      ...base,
      kind: 'search-attributes',
      shown: Object.fromEntries(fields.map(([name, payload]) => [name, textOf(payload)])),
    };
  }
  return localEntry(reading, event);
}

type Scheduled = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>;

function optionsOf(scheduled: Scheduled): ActivityOptions {
  const retry = scheduled.retryPolicy;
  return {
    scheduleToCloseMs: timeOf(scheduled.scheduleToCloseTimeout),
    scheduleToStartMs: timeOf(scheduled.scheduleToStartTimeout),
    startToCloseMs: timeOf(scheduled.startToCloseTimeout),
    heartbeatMs: timeOf(scheduled.heartbeatTimeout),
    retry: {
      initialIntervalMs: timeOf(retry?.initialInterval),
      backoffCoefficient: retry?.backoffCoefficient ?? 0,
      maximumIntervalMs: timeOf(retry?.maximumInterval),
      maximumAttempts: retry?.maximumAttempts ?? 0,
    },
  };
}

function textOf(payload: Payload | null | undefined): string | null {
  return payload?.data ? bytesText(payload.data) : null;
}

/** Of a local activity's marker only `details.result` is the record; `details.data` is the worker's own bookkeeping. */
function localEntry(reading: Reading, event: HistoryEvent): RecordEntry | undefined {
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== 'core_local_activity') return undefined;
  const data = decodePayload(marker.details?.['data']?.payloads?.[0]);
  const activityType = fieldOf(data, 'activity_type');
  return {
    ...baseOf(reading, event, marker.workflowTaskCompletedEventId),
    kind: 'local',
    activityType: typeof activityType === 'string' ? activityType : '',
    sequence: Number(fieldOf(data, 'seq') ?? Number.NaN),
    failed: Boolean(marker.failure),
    summary: textOf(event.userMetadata?.summary),
    result: decodePayload(marker.details?.['result']?.payloads?.[0]),
  };
}

/** What came from outside. */
function outsideEntry(reading: Reading, event: HistoryEvent): RecordEntry | undefined {
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal) {
    const base = baseOf(reading, event, 0);
    return { ...base, kind: 'signal', name: signal.signalName ?? '', input: decodePayloads(signal.input) };
  }
  const cancel = event.workflowExecutionCancelRequestedEventAttributes;
  if (cancel) return { ...baseOf(reading, event, 0), kind: 'cancel-requested', cause: cancel.cause ?? '' };
  return undefined;
}

function endEntry(reading: Reading, event: HistoryEvent): RecordEntry | undefined {
  const none = { value: undefined, message: null, nextRunId: null };
  const completed = event.workflowExecutionCompletedEventAttributes;
  const failed = event.workflowExecutionFailedEventAttributes;
  const continued = event.workflowExecutionContinuedAsNewEventAttributes;
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  const task = completed ?? failed ?? continued ?? event.workflowExecutionCanceledEventAttributes;
  const base = { ...baseOf(reading, event, task?.workflowTaskCompletedEventId), kind: 'end' as const, ...none };
  if (completed) return { ...base, how: 'completed', value: decodePayloads(completed.result)[0] };
  if (failed) return { ...base, how: 'failed', message: failed.failure?.message ?? '' };
  if (continued) {
    const nextRunId = continued.newExecutionRunId || null;
    return { ...base, how: 'continued-as-new', value: decodePayloads(continued.input), nextRunId };
  }
  if (terminated) return { ...base, how: 'terminated', message: terminated.reason ?? '' };
  if (event.workflowExecutionCanceledEventAttributes) return { ...base, how: 'cancelled' };
  if (event.workflowExecutionTimedOutEventAttributes) return { ...base, how: 'timed-out' };
  return undefined;
}

function noteActivity(reading: Reading, event: HistoryEvent): boolean {
  const started = event.activityTaskStartedEventAttributes;
  const completed = event.activityTaskCompletedEventAttributes;
  const failed = event.activityTaskFailedEventAttributes;
  const timedOut = event.activityTaskTimedOutEventAttributes;
  const cancelled = event.activityTaskCanceledEventAttributes;
  const any = started ?? completed ?? failed ?? timedOut ?? cancelled;
  const activity = reading.activities.get(numberOf(any?.scheduledEventId));
  if (!activity) return false;
  if (started) {
    activity.startedAt = timeOf(event.eventTime);
    activity.attempts = started.attempt ?? 0;
    return true;
  }
  activity.endedAt = timeOf(event.eventTime);
  activity.endEventId = numberOf(event.eventId);
  if (completed) activity.end = { kind: 'completed', result: decodePayloads(completed.result)[0] };
  else if (failed) activity.end = failureEnd(failed.failure);
  else if (timedOut) activity.end = timeoutEnd(timedOut.failure);
  else activity.end = { kind: 'cancelled' };
  return true;
}

function failureEnd(failure: Failure | null | undefined): ActivityEnd {
  return { kind: 'failed', message: failure?.message ?? '', type: failure?.applicationFailureInfo?.type ?? '' };
}

const timeouts = ['UNKNOWN', 'START_TO_CLOSE', 'SCHEDULE_TO_START', 'SCHEDULE_TO_CLOSE', 'HEARTBEAT'];

function timeoutEnd(failure: Failure | null | undefined): ActivityEnd {
  const type = Number(failure?.timeoutFailureInfo?.timeoutType ?? 0);
  return { kind: 'timed-out', timeout: timeouts[type] ?? 'UNKNOWN' };
}

function noteTimer(reading: Reading, event: HistoryEvent): void {
  const fired = event.timerFiredEventAttributes;
  const cancelled = event.timerCanceledEventAttributes;
  const timer = reading.timers.get(numberOf((fired ?? cancelled)?.startedEventId));
  if (!timer) return;
  timer.endedAt = timeOf(event.eventTime);
  timer.end = fired ? 'fired' : 'cancelled';
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** Zero where the event has none: a history that somebody wrote by hand may lack anything. */
function timeOf(time: Time): number {
  return time ? tsToMs(time) : 0;
}
