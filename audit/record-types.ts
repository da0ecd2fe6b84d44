/**
 * A run's record as its histories say it: one list of entries per link, in the order of the history. Payloads are decoded
 * and not yet believed: signatures, digests and order are for `verify-record.ts`.
 */
import type { LinkOrigin } from './link-origin.ts';

/** Where in the run's histories something stands. */
export interface Place {
  link: string;
  eventId: number;
}

interface Entry extends Place {
  /** Server time of the event, ms. */
  at: number;
  /** The workflow task that made the command; 0 for events that no task made. */
  taskEventId: number;
  /** This event is a copy from the link that a reset forked from. */
  copied: boolean;
}

export type ActivityEnd =
  | { kind: 'completed'; result: unknown }
  | { kind: 'failed'; message: string; type: string }
  /** `SCHEDULE_TO_START`, `START_TO_CLOSE`, `HEARTBEAT`, `SCHEDULE_TO_CLOSE` or `UNKNOWN`. */
  | { kind: 'timed-out'; timeout: string }
  | { kind: 'cancelled' };

/** Time limits and retries as the server took them, ms. */
export interface ActivityOptions {
  scheduleToCloseMs: number;
  scheduleToStartMs: number;
  startToCloseMs: number;
  heartbeatMs: number;
  retry: { initialIntervalMs: number; backoffCoefficient: number; maximumIntervalMs: number; maximumAttempts: number };
}

export interface ActivityEntry extends Entry {
  kind: 'activity';
  options: ActivityOptions;
  /** JSON text, as the code gave it. */
  summary: string | null;
  activityType: string;
  activityId: string;
  taskQueue: string;
  input: unknown[];
  /** Of the last attempt; earlier ones are not in a history. */
  startedAt: number | null;
  /** 0 for one that never started. */
  attempts: number;
  endedAt: number | null;
  endEventId: number | null;
  end: ActivityEnd | null;
}

export interface LocalEntry extends Entry {
  kind: 'local';
  /** JSON text, as the code gave it. */
  summary: string | null;
  activityType: string;
  /** Its place among the activities of the link, as the worker numbered them. */
  sequence: number;
  failed: boolean;
  result: unknown;
}

export interface SignalEntry extends Entry {
  kind: 'signal';
  name: string;
  input: unknown[];
}

export interface TimerEntry extends Entry {
  kind: 'timer';
  timerId: string;
  durationMs: number;
  summary: string | null;
  endedAt: number | null;
  end: 'fired' | 'cancelled' | null;
}

/** What the run shows to whoever lists runs. */
export interface SearchAttributesEntry extends Entry {
  kind: 'search-attributes';
  /** JSON text by name. */
  shown: Record<string, string | null>;
}

export interface CancelEntry extends Entry {
  kind: 'cancel-requested';
  cause: string;
}

export interface EndEntry extends Entry {
  kind: 'end';
  how: 'completed' | 'failed' | 'timed-out' | 'cancelled' | 'terminated' | 'continued-as-new';
  /** Result, or the next link's input. */
  value: unknown;
  message: string | null;
  nextRunId: string | null;
}

export type RecordEntry =
  | ActivityEntry
  | LocalEntry
  | SignalEntry
  | TimerEntry
  | SearchAttributesEntry
  | CancelEntry
  | EndEntry;

export interface LinkRecord {
  origin: LinkOrigin;
  workflowType: string;
  startedAt: number;
  /** Arguments of the workflow. */
  input: unknown[];
  /** Ids of all events, as they stand. */
  eventIds: number[];
  entries: RecordEntry[];
}

export interface RunRecord {
  workflowId: string;
  /** In the order of the chain. */
  links: LinkRecord[];
}

export function entriesOf<K extends RecordEntry['kind']>(
  links: readonly LinkRecord[],
  kind: K,
): Extract<RecordEntry, { kind: K }>[] {
  return links.flatMap((link) => link.entries.filter((entry) => isKind(entry, kind)));
}

function isKind<K extends RecordEntry['kind']>(
  entry: RecordEntry,
  kind: K,
): entry is Extract<RecordEntry, { kind: K }> {
  return entry.kind === kind;
}

export function endOf(link: LinkRecord): EndEntry | undefined {
  return entriesOf([link], 'end').at(-1);
}
