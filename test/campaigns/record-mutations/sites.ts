/**
 * Every place of an export where one field can be changed: all fields of all parts, those inside payloads and cards too. A place
 * has a name that is the same in every run, so that what is said of it can be said of all runs.
 */
import { z } from 'zod';

export type Path = readonly (string | number)[];

export interface Site {
  /** Index of the part. */
  part: number;
  /** Into the part. */
  outer: Path;
  /** Into the JSON text that the outer path leads to; null for a field of the part itself. */
  inner: Path | null;
  /** `event ACTIVITY_TASK_COMPLETED runTool` */
  where: string;
  /** `result.receipt.body.outcome`; `[]` stands for any place in a list. */
  field: string;
}

const partSchema = z.looseObject({ part: z.string() });

export function sitesOf(parts: readonly unknown[]): Site[] {
  const named = namePayloads(parts);
  return parts.flatMap((value, part) => {
    const { part: kind } = partSchema.parse(value);
    const where = named.whereOf(part, kind);
    return leaves(value, [])
      .filter((outer) => outer[0] !== 'part')
      .flatMap((outer): Site[] => {
        const inner = jsonAt(value, outer);
        const field = fieldOf(outer);
        if (inner === undefined) return [{ part, outer, inner: null, where, field }];
        return leaves(inner, []).map((path) => ({
          part,
          outer,
          inner: path,
          where,
          field: path.length === 0 ? field : `${field}: ${fieldOf(path)}`,
        }));
      });
  });
}

/** Leaves and empty containers. */
function leaves(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value)
    ? value.map((inner, index): [number, unknown] => [index, inner])
    : Object.entries(value);
  if (entries.length === 0) return [path];
  return entries.flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** Without what every event of a kind says in the same words. */
export function fieldOf(path: Path): string {
  return path
    .filter((key) => key !== 'event' && !String(key).endsWith('EventAttributes'))
    .map((key) => (typeof key === 'number' ? '[]' : key))
    .join('.')
    .replaceAll('.[]', '[]')
    .replaceAll('.payloads[].data', '');
}

/** A payload of base64 JSON, or a card; undefined for anything else. */
export function jsonAt(part: unknown, outer: Path): unknown {
  const value = valueAt(part, outer);
  if (typeof value !== 'string') return undefined;
  try {
    if (outer.at(-1) === 'data' && outer.includes('payloads'))
      return JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    if (outer.at(-1) === 'data' && outer.includes('indexedFields'))
      return JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    if (outer.at(-1) === 'data' && outer.includes('summary'))
      return JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    if (outer[0] === 'card') return JSON.parse(value);
  } catch {
    // Bytes that are no JSON: they are changed as text.
  }
  return undefined;
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** Events are named by their type and, where they have one, by the type of the activity or the name of the signal. */
function namePayloads(parts: readonly unknown[]): { whereOf(part: number, kind: string): string } {
  const types = new Map<string, string>();
  let link = '';
  const names = parts.map((value) => {
    const { linkRunId, event, ...rest } = z
      .looseObject({ linkRunId: z.string().optional(), event: z.record(z.string(), z.unknown()).optional() })
      .parse(value);
    if (linkRunId !== undefined && !event) link = linkRunId;
    if (!event) return nameOfRow(rest);
    const type = String(event['eventType']).replace('EVENT_TYPE_', '');
    const attributes = Object.entries(event).find(([name]) => name.endsWith('EventAttributes'))?.[1];
    const scheduled = valueAt(attributes, ['activityType', 'name']);
    if (typeof scheduled === 'string') types.set(`${link}/${String(event['eventId'])}`, scheduled);
    const local = valueAt(jsonAt(attributes, ['details', 'data', 'payloads', 0, 'data']), ['activity_type']);
    const activity = scheduled ?? types.get(`${link}/${String(valueAt(attributes, ['scheduledEventId']))}`) ?? local;
    const name = type.startsWith('WORKFLOW') ? valueAt(attributes, ['signalName']) : activity;
    return `event ${type}${typeof name === 'string' ? ` ${name}` : ''}`;
  });
  return { whereOf: (part) => names[part] ?? '' };
}

function nameOfRow(row: Readonly<Record<string, unknown>>): string {
  const kind = String(row['part']);
  switch (kind) {
    case 'decision':
      return `decision ${String(valueAt(row, ['decision', 'body', 'verdict']))}`;
    case 'ledger':
      return `ledger ${String(row['kind'])}`;
    case 'control':
      return `control ${String(valueAt(row, ['control', 'body', 'kind']))}`;
    case 'key':
      return `key ${String(valueAt(row, ['key', 'domain']))}`;
    default:
      return kind;
  }
}
