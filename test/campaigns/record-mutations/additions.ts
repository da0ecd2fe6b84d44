/**
 * What can be put into an export that was not there: each field that Temporal's own types know and an event does not have, a key
 * in each object of ours, a second value beside one, and the same value in other bytes. A field is named like one that is there.
 */
import proto from '@temporalio/proto';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { historyFromJson, historyToJson } from '../../../audit/history-source.ts';
import type { additionChanges } from './mutate.ts';
import { fieldOf, jsonAt, type Path, type Site, sitesOf, valueAt } from './sites.ts';

export interface Addition {
  site: Site;
  change: (typeof additionChanges)[number];
  /** What stands at the site afterwards. */
  value: unknown;
}

export function additionsOf(parts: readonly unknown[]): Addition[] {
  const whereOf = new Map(sitesOf(parts).map(({ part, where }) => [part, where]));
  return parts.flatMap((value, part) => {
    const where = whereOf.get(part) ?? '';
    const at = (outer: Path, inner: Path | null = null): Site => {
      const field = inner === null ? fieldOf(outer) : `${fieldOf(outer)}: ${fieldOf(inner)}`;
      return { part, outer, inner, where, field };
    };
    return [...fieldsAdded(value, at), ...keysAdded(value, at), ...rewritten(value, at)];
  });
}

type At = (outer: Path, inner?: Path | null) => Site;

/** The static types are the reflected ones of protobuf.js, which its declarations do not say. */
interface ProtoType {
  fieldsArray: readonly ProtoField[];
}
interface ProtoField {
  name: string;
  type: string;
  repeated: boolean;
  map: boolean;
  resolvedType: (Partial<ProtoType> & { values?: Readonly<Record<string, number>> }) | null;
  resolve(): ProtoField;
}
const reflected = proto as unknown as { lookupType(name: string): ProtoType };
const eventType = reflected.lookupType('temporal.api.history.v1.HistoryEvent');

/** The attributes of another kind beside those of its own are left out: each kind would be found for the same reason. */
function fieldsAdded(part: unknown, at: At): Addition[] {
  const event = valueAt(part, ['event']);
  if (typeof event !== 'object' || event === null) return [];
  const attributes = Object.keys(event).find((name) => name.endsWith('EventAttributes')) ?? '';
  const holders: [Path, ProtoType['fieldsArray']][] = [
    [['event'], eventType.fieldsArray.filter(({ name }) => !name.endsWith('EventAttributes'))],
    [['event', attributes], typeOf(eventType.fieldsArray.find(({ name }) => name === attributes))],
  ];
  return holders.flatMap(([path, fields]) =>
    fields.flatMap((field): Addition[] => {
      const holder = valueAt(part, path);
      if (typeof holder !== 'object' || holder === null || Object.hasOwn(holder, field.name)) return [];
      const value = kept(event, [...path.slice(1), field.name], plausible(field, 0));
      return value === undefined ? [] : [{ site: at([...path, field.name]), change: 'added', value }];
    }),
  );
}

const deepest = 4;

function typeOf(field: ProtoField | undefined): readonly ProtoField[] {
  return field?.resolve().resolvedType?.fieldsArray ?? [];
}

function plausible(field: ProtoField, depth: number): unknown {
  const one = ofType(field, depth);
  if (one === undefined) return undefined;
  return field.map ? { added: one } : field.repeated ? [one] : one;
}

function ofType(field: ProtoField, depth: number): unknown {
  const { type, resolvedType } = field.resolve();
  if (type === 'google.protobuf.Timestamp') return '2026-01-02T03:04:05Z';
  if (type === 'google.protobuf.Duration') return '7s';
  if (resolvedType?.values) return Object.keys(resolvedType.values)[1];
  if (!resolvedType) {
    if (type === 'string') return 'added';
    if (type === 'bytes') return Buffer.from('"added"').toString('base64');
    if (type === 'bool') return true;
    return type.endsWith('64') ? '7' : 7;
  }
  if (depth > deepest) return undefined;
  const inner = typeOf(field)
    .map((one) => [one.name, plausible(one, depth + 1)])
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(inner.slice(0, 1));
}

/** As it comes back from Temporal's types; undefined where they do not keep it, so that the reader would refuse any file with it. */
function kept(event: object, path: Path, value: unknown): unknown {
  if (value === undefined) return undefined;
  const changed = structuredClone(event);
  const holder = valueAt(changed, path.slice(0, -1));
  if (typeof holder !== 'object' || holder === null) return undefined;
  Reflect.set(holder, path.at(-1) ?? '', value);
  try {
    const again = valueAt(historyToJson(historyFromJson({ events: [changed] })), ['events', 0]);
    const own = valueAt(again, path);
    return canonicalJson(again) ===
      canonicalJson({ ...changed, ...(path.length === 1 ? { [path[0] ?? '']: own } : {}) })
      ? own
      : undefined;
  } catch {
    return undefined;
  }
}

/** In objects of ours: rows of the store, and what stands in values and cards. */
function keysAdded(part: unknown, at: At): Addition[] {
  const outside = valueAt(part, ['event']) === undefined ? objectsIn(part, []) : [];
  const inside = payloadsOf(part).flatMap((outer) =>
    objectsIn(jsonAt(part, outer), []).map((inner) => at(outer, [...inner, 'added'])),
  );
  return [...outside.map((outer) => at([...outer, 'added'])), ...inside].map((site) => ({
    site,
    change: 'added' as const,
    value: 'x',
  }));
}

function objectsIn(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, one]) =>
    objectsIn(one, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return Array.isArray(value) ? inner : [path, ...inner];
}

/** The same JSON in other bytes, a key twice, and a second value behind the first. */
function rewritten(part: unknown, at: At): Addition[] {
  return payloadsOf(part).flatMap((outer): Addition[] => {
    const data = valueAt(part, outer);
    if (typeof data !== 'string') return [];
    const text = outer[0] === 'card' ? data : Buffer.from(data, 'base64').toString('utf8');
    const bytes = (changed: string): string =>
      outer[0] === 'card' ? changed : Buffer.from(changed).toString('base64');
    const twice = text.replace(/^\{("[^"]*"):/u, '{$1:"other",$1:');
    const texts = [`${text} `, `\uFEFF${text}`, twice];
    const inOtherBytes = texts
      .filter((one) => one !== text)
      .map((one) => ({ site: at(outer), change: 'rewritten' as const, value: bytes(one) }));
    const list = outer.slice(0, -2);
    if (list.at(-1) !== 'payloads') return inOtherBytes;
    const payloads: unknown = valueAt(part, list);
    const second = { site: at(list), change: 'added' as const, value: [payloads, payloads].flat() };
    return [...inOtherBytes, second];
  });
}

function payloadsOf(part: unknown): Path[] {
  const found: Path[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, one] of Object.entries(value)) walk(one, [...path, Array.isArray(value) ? Number(key) : key]);
    } else if (jsonAt(part, path) !== undefined) found.push(path);
  };
  walk(part, []);
  return found;
}
