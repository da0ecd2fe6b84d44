/** Changes one thing in a recorded history, as an insider with the exported file would. */
import { defaultPayloadConverter } from '@temporalio/common';
import { z } from 'zod';
import { decodePayload, type Payload } from '../../../audit/decode-payload.ts';
import {
  type HistoryEvent,
  historyFromJson,
  historyToJson,
  type HistorySource,
  type LinkHistory,
} from '../../../audit/history-source.ts';
import { loadRecorded, type Recorded } from '../../histories/recorded.ts';

export class Tampered {
  readonly recorded: Recorded;
  readonly links: LinkHistory[];

  constructor(name: string) {
    this.recorded = loadRecorded(name);
    this.links = this.recorded.links.map(({ linkRunId, history }) => ({
      linkRunId,
      history: historyFromJson(history),
    }));
  }

  get source(): HistorySource {
    return { links: () => Promise.resolve(this.links) };
  }

  get firstRunId(): string {
    return this.links[0]?.linkRunId ?? '';
  }

  get events(): HistoryEvent[] {
    const events = this.links[0]?.history.events;
    if (!events) throw new TypeError('the recorded run has no events');
    return events;
  }

  /** The events of one kind that hold what is looked for. */
  find(what: string, matches: (event: HistoryEvent) => boolean): HistoryEvent {
    const event = this.events.find(matches);
    if (!event) throw new TypeError(`the recorded run has no ${what}`);
    return event;
  }

  localResult(type: string, matches: (result: unknown) => boolean = () => true): Payload {
    return this.#payload(`result of ${type}`, localMarkers(this.events, type).map(resultOf), matches);
  }

  activityInput(type: string, matches: (input: unknown) => boolean = () => true): Payload {
    const payloads = this.events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled?.activityType?.name === type ? (scheduled.input?.payloads ?? []) : [],
    );
    return this.#payload(`input of ${type}`, payloads, matches);
  }

  activityResult(type: string, matches: (result: unknown) => boolean = () => true): Payload {
    const ids = this.events.flatMap((event) =>
      event.activityTaskScheduledEventAttributes?.activityType?.name === type ? [String(event.eventId)] : [],
    );
    const payloads = this.events.flatMap(({ activityTaskCompletedEventAttributes: completed }) =>
      ids.includes(String(completed?.scheduledEventId)) ? (completed?.result?.payloads ?? []) : [],
    );
    return this.#payload(`result of ${type}`, payloads, matches);
  }

  signal(): Payload {
    const payloads = this.events.flatMap(
      (event) => event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [],
    );
    return this.#payload('signal', payloads, () => true);
  }

  /** Adds a link, as a reset of the first one to its task before or behind the closing of the run leaves it. */
  reset(to: 'before-closing' | 'behind-closing', linkRunId: string, baseRunId = this.firstRunId): void {
    const closing = this.find('closing', (event) => activityTypeOf(event) === 'closeRun');
    const isTask = (event: HistoryEvent): boolean => Boolean(event.workflowTaskCompletedEventAttributes);
    const place = this.events.indexOf(closing);
    const task =
      to === 'before-closing'
        ? this.events.findLastIndex((event, index) => index < place && isTask(event))
        : this.events.findIndex((event, index) => index > place && isTask(event));
    const { events } = z.object({ events: z.array(jsonEvent) }).parse(historyToJson({ events: this.events }));
    const again = events.slice(task - 2).map((event) => moved(event, events.length));
    const { workflowTaskCompletedEventAttributes: _completed, ...kept } = events[task] ?? {};
    const failed = {
      ...kept,
      eventType: 'EVENT_TYPE_WORKFLOW_TASK_FAILED',
      workflowTaskFailedEventAttributes: { baseRunId, newRunId: linkRunId },
    };
    const history = historyFromJson({ events: [...events.slice(0, task), failed, ...again] });
    this.links.push({ linkRunId, history });
  }

  /** Takes an event out; the ids of the others stay as they are. */
  remove(event: HistoryEvent): void {
    this.events.splice(this.events.indexOf(event), 1);
  }

  #payload(what: string, payloads: readonly (Payload | undefined)[], matches: (value: unknown) => boolean): Payload {
    const payload = payloads.find((one) => one && matches(decodePayload(one)));
    if (!payload) throw new TypeError(`the recorded run has no ${what}`);
    return payload;
  }
}

function activityTypeOf(event: HistoryEvent): string {
  return event.activityTaskScheduledEventAttributes?.activityType?.name ?? '';
}

const jsonEvent = z.record(z.string(), z.unknown());

/** An event with its own id and all that it names `by` further on. */
function moved(event: Record<string, unknown>, by: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      if (/eventId$/iu.test(name)) return [name, String(Number(value) + by)];
      const inner = name.endsWith('EventAttributes') ? jsonEvent.parse(value) : undefined;
      return [name, inner ? moved(inner, by) : value];
    }),
  );
}

export function localMarkers(events: readonly HistoryEvent[], type: string): HistoryEvent[] {
  return events.filter((event) => {
    const data = decodePayload(event.markerRecordedEventAttributes?.details?.['data']?.payloads?.[0]);
    return at(data, ['activity_type']) === type;
  });
}

function resultOf(event: HistoryEvent): Payload | undefined {
  return event.markerRecordedEventAttributes?.details?.['result']?.payloads?.[0];
}

export function at(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** Replaces the value at a path inside a payload. @throws {TypeError} where nothing is there: the tampering would be none. */
export function setAt(
  payload: Payload,
  path: readonly (string | number)[],
  change: (before: unknown) => unknown,
): void {
  const root = structuredClone(decodePayload(payload));
  const holder = at(root, path.slice(0, -1));
  const key = path.at(-1);
  const before = at(root, path);
  if (typeof holder !== 'object' || holder === null || key === undefined || before === undefined)
    throw new TypeError(`nothing to change at ${path.join('.')}`);
  Reflect.set(holder, key, change(before));
  payload.data = defaultPayloadConverter.toPayload(root).data ?? new Uint8Array();
}

export function replaceWhole(payload: Payload, change: (before: unknown) => unknown): void {
  payload.data =
    defaultPayloadConverter.toPayload(change(structuredClone(decodePayload(payload)))).data ?? new Uint8Array();
}
