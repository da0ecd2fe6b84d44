/**
 * How a link came to be and where it led, as its own history says: started, continued, or forked from another link by a
 * reset, whose first events are then a copy of that link's.
 */
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { HistoryEvent, LinkHistory } from './history-source.ts';

export interface LinkOrigin {
  linkRunId: string;
  kind: 'first' | 'continued' | 'reset';
  /** The link before: continued from, or forked from. */
  previousRunId: string | null;
  /** Events up to and including this id are a copy of the previous link's; 0 for a link that is none. */
  forkEventId: number;
  firstRunId: string;
  /** The link that this one continued as. */
  nextRunId: string | null;
}

export function eventsOf({ history }: LinkHistory): HistoryEvent[] {
  return history.events ?? [];
}

export function originOf(link: LinkHistory): LinkOrigin {
  const events = eventsOf(link);
  const start = events[0]?.workflowExecutionStartedEventAttributes;
  const fork = events.findLast((event) => event.workflowTaskFailedEventAttributes?.newRunId === link.linkRunId);
  const base = fork?.workflowTaskFailedEventAttributes?.baseRunId || null;
  const continued = start?.continuedExecutionRunId || null;
  const next = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId || null;
  return {
    linkRunId: link.linkRunId,
    kind: base ? 'reset' : continued ? 'continued' : 'first',
    previousRunId: base ?? continued,
    forkEventId: base ? numberOf(fork?.eventId) : 0,
    firstRunId: start?.firstExecutionRunId ?? '',
    nextRunId: next,
  };
}

/** Links in the order in which they came to be: a link's own first event (a reset's is its fork), then its depth in the chain. */
export function inChainOrder(links: readonly LinkHistory[]): LinkHistory[] {
  const origins = new Map(links.map((link) => [link.linkRunId, originOf(link)]));
  const depthOf = (linkRunId: string): number => {
    const seen = new Set<string>();
    let current = origins.get(linkRunId);
    while (current?.previousRunId && !seen.has(current.linkRunId)) {
      seen.add(current.linkRunId);
      current = origins.get(current.previousRunId);
    }
    return seen.size;
  };
  return links.toSorted(
    (a, b) =>
      bornAt(a, origins.get(a.linkRunId)) - bornAt(b, origins.get(b.linkRunId)) ||
      depthOf(a.linkRunId) - depthOf(b.linkRunId) ||
      (a.linkRunId < b.linkRunId ? -1 : 1),
  );
}

function bornAt(link: LinkHistory, origin: LinkOrigin | undefined): number {
  const events = eventsOf(link);
  const first = events.find((event) => numberOf(event.eventId) === (origin?.forkEventId ?? 0)) ?? events[0];
  return first?.eventTime ? tsToMs(first.eventTime) : 0;
}

export function numberOf(value: unknown): number {
  return value === null || value === undefined ? 0 : Number(value);
}
