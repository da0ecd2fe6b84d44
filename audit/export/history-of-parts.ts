/**
 * Events of a file as a history. An event must come out of Temporal's own types as it went in: a field that this version does
 * not know would else be passed over in silence.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import { historyFromJson, historyToJson, type LinkHistory } from '../history-source.ts';
import { LineFault } from './read-lines.ts';

export interface LinkParts {
  linkRunId: string;
  events: { event: unknown; line: number }[];
}

/** @throws {LineFault} */
export function historyOfParts({ linkRunId, events }: LinkParts): LinkHistory {
  const whole = { events: events.map(({ event }) => event) };
  try {
    const history = historyFromJson(whole);
    const again = eventsIn(historyToJson(history));
    const changed = events.find(({ event }, index) => canonicalJson(again[index] ?? null) !== canonicalJson(event));
    if (!changed) return { linkRunId, history };
    throw new LineFault(changed.line, 'the event has a field or a value that this version does not know');
  } catch (error) {
    if (error instanceof LineFault) throw error;
    throw new LineFault(firstUnreadable(events), 'it is no history event');
  }
}

function eventsIn(json: unknown): unknown[] {
  const events: unknown = typeof json === 'object' && json !== null && 'events' in json ? json.events : undefined;
  return Array.isArray(events) ? events : [];
}

function firstUnreadable(events: LinkParts['events']): number {
  for (const { event, line } of events) {
    try {
      historyToJson(historyFromJson({ events: [event] }));
    } catch {
      return line;
    }
  }
  return events[0]?.line ?? 1;
}
