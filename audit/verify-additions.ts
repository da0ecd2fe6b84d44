/**
 * What a run of ours never writes does not stand in its events: a value written in other bytes, a second value beside the one that is
 * read, a start that claims a parent or a schedule, a note on an event that has none. Nothing of ours reads such a thing; another reader of the
 * same file would. What a server adds by itself, or an outsider may send, is not looked at: docs/audit-limits.md lists it.
 */
import type { Checks } from './checks.ts';
import type { Payload } from './decode-payload.ts';
import { heldBy, kindOf } from './event-references.ts';
import type { HistoryEvent, LinkHistory } from './history-source.ts';
import { eventsOf, numberOf } from './link-origin.ts';

export function verifyAdditions(links: readonly LinkHistory[], checks: Checks): void {
  for (const link of links) {
    for (const event of eventsOf(link)) {
      const place = { link: link.linkRunId, eventId: numberOf(event.eventId) };
      const expect = (holds: boolean, what: string): void => void checks.expect('shape', holds, place, what);
      verifyNotes(event, expect);
      verifyStart(event, expect);
      verifyTry(event, expect);
      verifyEnd(event, expect);
      if (!isFromOutside(event)) verifyPayloads(event, expect);
    }
  }
}

type Expect = (holds: boolean, what: string) => void;

/** Whoever signals or terminates may send any bytes. */
function isFromOutside(event: HistoryEvent): boolean {
  return Boolean(event.workflowExecutionSignaledEventAttributes ?? event.workflowExecutionTerminatedEventAttributes);
}

/** Of a start and of commands, and where one is taken back; one line each, never more. */
const withSummary: readonly string[] = [
  'WORKFLOW_EXECUTION_STARTED',
  'ACTIVITY_TASK_SCHEDULED',
  'ACTIVITY_TASK_CANCEL_REQUESTED',
  'TIMER_STARTED',
  'TIMER_CANCELED',
  'MARKER_RECORDED',
];

function verifyNotes(event: HistoryEvent, expect: Expect): void {
  const { userMetadata } = event;
  const holds = !userMetadata || (withSummary.includes(kindOf(event)) && !userMetadata.details);
  expect(holds, 'it carries words for people that no run of ours writes there');
}

/** Who starts a run of ours asks for none of these, and the server adds none. */
const absentAtStart = [
  'memo',
  'cronSchedule',
  'retryPolicy',
  'parentWorkflowNamespace',
  'parentWorkflowNamespaceId',
  'parentWorkflowExecution',
  'parentInitiatedEventId',
  'parentInitiatedEventVersion',
  'continuedFailure',
  'lastCompletionResult',
  'completionCallbacks',
  'sourceVersionStamp',
  'workflowExecutionExpirationTime',
  'parentPinnedWorkerDeploymentVersion',
  'timeSkippingConfig',
  'timeSkippingStatePropagation',
] as const;

function verifyStart(event: HistoryEvent, expect: Expect): void {
  const start = event.workflowExecutionStartedEventAttributes;
  if (!start) return;
  for (const name of absentAtStart)
    expect(isEmpty(start[name]), `the link’s start has "${name}", which no run of ours is started with`);
  const isContinued = Boolean(start.continuedExecutionRunId);
  expect(isContinued || isEmpty(start.initiator), 'the link’s start says who continued it, and nobody did');
  const root = start.rootWorkflowExecution;
  const itself = !root || (root.workflowId === start.workflowId && root.runId === start.firstExecutionRunId);
  expect(itself, 'the run is said to be part of another one');
}

/** Only a second try of the server’s has a first one that failed. */
function verifyTry(event: HistoryEvent, expect: Expect): void {
  const started = event.activityTaskStartedEventAttributes;
  if (!started) return;
  expect(!started.lastFailure || (started.attempt ?? 0) > 1, 'the first try has a try before it that failed');
}

/** CONTINUE_AS_NEW_INITIATOR_WORKFLOW, which some servers leave out; above it are retries and schedules. */
const byWorkflow = 1;

/** A run of ours is neither retried nor on a schedule: nothing comes after its end. */
function verifyEnd(event: HistoryEvent, expect: Expect): void {
  const end = event.workflowExecutionCompletedEventAttributes ?? event.workflowExecutionFailedEventAttributes;
  expect(isEmpty(end?.newExecutionRunId), 'the run’s end names a run after it');
  const continued = event.workflowExecutionContinuedAsNewEventAttributes;
  expect(Number(continued?.initiator ?? 0) <= byWorkflow, 'the link was continued by somebody else than the run');
  for (const name of absentAtContinuing)
    expect(isEmpty(continued?.[name]), `the link was continued with "${name}", which no run of ours hands on`);
}

const absentAtContinuing = ['failure', 'lastCompletionResult', 'initialVersioningBehavior'] as const;

const ownEncodings = ['json/plain', 'binary/null'];
const ownMetadata = ['encoding', 'type'];

/** This program’s own processes write JSON as `JSON.stringify` does, or nothing. */
function verifyPayloads(event: HistoryEvent, expect: Expect): void {
  for (const { payloads, isOne } of valuesIn([heldBy(event), event.userMetadata])) {
    expect(isOne, 'a second value stands beside the one that is read');
    for (const { data, metadata } of payloads) {
      const encoding = textOf(metadata?.['encoding']);
      const named = Object.keys(metadata ?? {}).every((key) => ownMetadata.includes(key));
      expect(named && ownEncodings.includes(encoding ?? ''), 'a value is written in a way that no run writes');
      const text = textOf(data);
      const same = encoding === 'json/plain' ? text !== undefined && isAsWritten(text) : isEmpty(data);
      expect(same, 'a value is written in other bytes than a run writes');
    }
  }
}

/** A key that stands twice, spaces, another order of a number’s digits, a mark before the text: all are lost on the way. */
function isAsWritten(text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}

/** Lists of values as one, where one is read; those of search attributes and notes stand alone. */
function valuesIn(value: unknown): { payloads: Payload[]; isOne: boolean }[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if ('payloads' in value && Array.isArray(value.payloads)) {
    const payloads = value.payloads as Payload[];
    return [{ payloads, isOne: payloads.length <= 1 }];
  }
  if ('metadata' in value && 'data' in value) return [{ payloads: [value as Payload], isOne: true }];
  return Object.values(value).flatMap(valuesIn);
}

/** Undefined where it is no UTF-8. */
function textOf(bytes: unknown): string | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0) return true;
  if (typeof value !== 'object') return false;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return numberOf(value) === 0;
}
