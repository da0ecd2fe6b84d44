/**
 * What stands around the commands of a link, and is determined by what was signed or by the event beside it: its start, its
 * queues, the worker’s own notes on local activities, and how one link handed over to the next.
 */
import { tsToMs } from '@temporalio/common/lib/time.js';
import { canonicalJson } from '../core/canonical-json.ts';
import { searchAttributeNames, stateAtStart, summaryOfRun } from '../core/contracts/run-names.ts';
import type { SignedTicket } from '../core/contracts/ticket.ts';
import type { Checks } from './checks.ts';
import { bytesText, decodePayload, digestOfValue } from './decode-payload.ts';
import type { HistoryEvent, LinkHistory } from './history-source.ts';
import { eventsOf, numberOf, originOf } from './link-origin.ts';
import { readOpenResult } from './read-results.ts';
import { eventTimeSlackMs, summaryOf } from './verify-events.ts';

/** TASK_QUEUE_KIND_NORMAL and _STICKY: the latter is a worker’s own, with the run in its memory. */
const normalQueue = 1;
const stickyQueue = 2;
/** CONTINUE_AS_NEW_INITIATOR_WORKFLOW: not a retry, not a schedule. */
const byWorkflow = 1;
/** The server writes both events at once, ms. */
const handOverSlackMs = 1000;

export function verifyFrame(
  workflowId: string,
  links: readonly LinkHistory[],
  ticket: SignedTicket | null,
  checks: Checks,
): void {
  for (const link of links) {
    verifyStart(workflowId, link, links, checks);
    verifySummary(link, ticket, checks);
    verifyQueues(link, ticket, checks);
    for (const event of eventsOf(link)) verifyMarker(link, event, ticket, checks);
  }
}

/** A link starts once, without limits of time, as itself. */
function verifyStart(workflowId: string, link: LinkHistory, links: readonly LinkHistory[], checks: Checks): void {
  const [event] = eventsOf(link);
  const start = event?.workflowExecutionStartedEventAttributes;
  if (!event || !start) return;
  const origin = originOf(link);
  const place = { link: link.linkRunId, eventId: 1 };
  // A reset keeps the name of the link it forks from, or of the one that this was forked from.
  const original = start.originalExecutionRunId;
  const itself = original === link.linkRunId || (origin.kind === 'reset' && isEarlier(links, link, original));
  checks.expect('chain', itself, place, 'the link started as another one');
  // 0 and 1 both are a first attempt; a second one is a retry of the server’s, which no run of ours asks for.
  checks.expect('chain', [0, 1].includes(start.attempt ?? 1), place, 'the link is a retry');
  checks.expect('chain', (start.workflowId || workflowId) === workflowId, place, 'the link started as another run');
  const limits = [start.workflowExecutionTimeout, start.workflowRunTimeout].map(durationOf);
  checks.expect(
    'chain',
    limits.every((limit) => limit === 0),
    place,
    'the link has a limit of time',
  );
  // A reset takes its start over from the link that it forks from.
  if (origin.kind === 'first') {
    const asStarted = shownText(start.searchAttributes) === textAtStart;
    checks.expect('chain', asStarted, place, 'the run showed another state at its start than a run starts with');
  }
  if (origin.kind !== 'continued') return;
  const before = links.find(({ linkRunId }) => linkRunId === origin.previousRunId);
  const handedOver = before && eventsOf(before).at(-1);
  const continued = handedOver?.workflowExecutionContinuedAsNewEventAttributes;
  if (!handedOver || !continued) return;
  const apart = Math.abs(timeOf(event) - timeOf(handedOver));
  const same =
    continued.workflowType?.name === start.workflowType?.name &&
    continued.taskQueue?.name === start.taskQueue?.name &&
    shownText(continued.searchAttributes) === shownText(start.searchAttributes) &&
    durationOf(continued.workflowRunTimeout) === durationOf(start.workflowRunTimeout) &&
    durationOf(continued.workflowTaskTimeout) === durationOf(start.workflowTaskTimeout) &&
    Number(start.initiator ?? 0) === byWorkflow;
  checks.expect('chain', same, place, 'the link started as another one than was handed over');
  checks.expect('chain', apart <= handOverSlackMs, place, 'the link started at another time than the one before ended');
}

/** Of a link that was deleted nothing is known. */
function isEarlier(links: readonly LinkHistory[], link: LinkHistory, linkRunId: string | null | undefined): boolean {
  const before = links.slice(0, links.indexOf(link));
  return before.length === 0 || before.some((one) => one.linkRunId === linkRunId);
}

/** The server keeps it for its lists, and does not hand it on to a link that continues. */
function verifySummary(link: LinkHistory, ticket: SignedTicket | null, checks: Checks): void {
  const [start] = eventsOf(link);
  if (!ticket || !start?.userMetadata?.summary) return;
  const same = summaryOf(start) === JSON.stringify(summaryOfRun(ticket.body.agent));
  checks.expect('chain', same, { link: link.linkRunId, eventId: 1 }, 'the run is shown as one of another agent');
}

/** The queue of the run’s ticket: its own name, or the name behind that of a worker that keeps the run in memory. */
function verifyQueues(link: LinkHistory, ticket: SignedTicket | null, checks: Checks): void {
  if (!ticket) return;
  const own = ticket.body.taskQueues.agent;
  for (const event of eventsOf(link)) {
    const activityQueue = event.activityTaskScheduledEventAttributes?.taskQueue;
    const queue =
      event.workflowTaskScheduledEventAttributes?.taskQueue ??
      event.workflowExecutionStartedEventAttributes?.taskQueue ??
      event.workflowExecutionContinuedAsNewEventAttributes?.taskQueue;
    const place = { link: link.linkRunId, eventId: numberOf(event.eventId) };
    const kind = queue?.normalName ? stickyQueue : normalQueue;
    const ofKind = Number((queue ?? activityQueue)?.kind ?? kind) === kind;
    checks.expect('shape', ofKind, place, 'it was given to another kind of queue');
    if (!queue) continue;
    const named = queue.normalName || queue.name;
    checks.expect('shape', named === own, place, 'it was given to another queue than the ticket names');
  }
}

/** One attempt, of the activity with its number, at about the time of its workflow task. */
function verifyMarker(link: LinkHistory, event: HistoryEvent, ticket: SignedTicket | null, checks: Checks): void {
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== 'core_local_activity') return;
  const place = { link: link.linkRunId, eventId: numberOf(event.eventId) };
  const data = decodePayload(marker.details?.['data']?.payloads?.[0]);
  const note = (key: string): unknown =>
    typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined;
  const named = note('activity_id') === String(note('seq')) && note('attempt') === 1 && note('backoff') === null;
  checks.expect('shape', named, place, 'the worker’s note on a local activity does not fit it');
  if (note('activity_type') === 'openRun' && ticket) {
    const opened = readOpenResult(decodePayload(marker.details?.['result']?.payloads?.[0]));
    const { limits, taskQueues, inputLabels } = ticket.body;
    const same = opened?.kind !== 'opened' || sameAsTicket(opened, { limits, taskQueues, inputLabels });
    checks.expect('ticket', same, place, 'the run was opened with something else than its ticket says');
  }
  const scheduledAt = secondsOf(note('original_schedule_time')) * 1000;
  const completedAt = secondsOf(note('complete_time')) * 1000;
  const at = timeOf(event);
  // The begin is of the worker's own clock, and the end of the last task that it had heard of: where tasks timed out that is long
  // before. Both lie in the link's time, and nothing is judged by them.
  const [first = event] = eventsOf(link);
  const begun = timeOf(first);
  const isWithin = (time: number): boolean => time >= begun - eventTimeSlackMs && time <= at + eventTimeSlackMs;
  // One that the run took back, as a vote's check at the run's end, has no end of its own.
  const isTakenBack = Boolean(marker.failure?.canceledFailureInfo) && !note('complete_time');
  const inTime = isWithin(scheduledAt) && (isTakenBack || isWithin(completedAt));
  checks.expect('shape', inTime, place, 'the worker’s note on a local activity has another time');
}

function sameAsTicket(opened: object, ofTicket: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(ofTicket).every(
    ([name, value]) => digestOfValue(Reflect.get(opened, name)) === digestOfValue(value),
  );
}

type Duration = Parameters<typeof tsToMs>[0] | null | undefined;

function durationOf(duration: Duration): number {
  return duration ? tsToMs(duration) : 0;
}

type Shown = NonNullable<HistoryEvent['workflowExecutionStartedEventAttributes']>['searchAttributes'];

function shownText(shown: Shown): string {
  const fields = Object.entries(shown?.indexedFields ?? {});
  const texts = fields.map(([name, { data }]) => [name, bytesText(data)]);
  return canonicalJson(Object.fromEntries(texts));
}

const textAtStart = canonicalJson({ [searchAttributeNames.state]: JSON.stringify(stateAtStart) });

function secondsOf(value: unknown): number {
  const seconds: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'seconds') : undefined;
  return typeof seconds === 'number' ? seconds : Number.NaN;
}

function timeOf(event: HistoryEvent): number {
  return event.eventTime ? tsToMs(event.eventTime) : 0;
}
