/** One change of one thing in an export. What is changed stays of its form, as somebody would who wants it to pass. */
import type { Random } from '../frame/random.ts';
import { jsonAt, type Path, type Site, valueAt } from './sites.ts';

export const fieldChanges = ['edit', 'take-over', 'remove'] as const;
export const partChanges = ['part-removed', 'part-twice', 'parts-swapped', 'tail-cut', 'link-removed'] as const;
export const additionChanges = ['added', 'rewritten'] as const;
export type FieldChange = (typeof fieldChanges)[number];
export type Change = FieldChange | (typeof partChanges)[number] | (typeof additionChanges)[number];

/** Undefined where the change would change nothing. */
export function changeField(
  parts: readonly unknown[],
  site: Site,
  change: FieldChange,
  others: readonly Site[],
  random: Random,
): unknown[] | undefined {
  const value = valueOfSite(parts, site);
  if (change === 'remove') return withField(parts, site, () => undefined);
  if (change === 'edit') return withField(parts, site, () => edited(value, site, random));
  const other = others
    .map((one) => valueOfSite(parts, one))
    .filter((one) => JSON.stringify(one) !== JSON.stringify(value));
  if (other.length === 0) return undefined;
  const taken = random.pick(other);
  return withField(parts, site, () => taken);
}

export function valueOfSite(parts: readonly unknown[], { part, outer, inner }: Site): unknown {
  return inner === null ? valueAt(parts[part], outer) : valueAt(jsonAt(parts[part], outer), inner);
}

/** @returns the parts with another value at one place. */
export function replaceAt(parts: readonly unknown[], site: Site, value: unknown): unknown[] {
  return withField(parts, site, () => value);
}

function withField(parts: readonly unknown[], site: Site, value: () => unknown): unknown[] {
  const { part, outer, inner } = site;
  const changed = [...parts];
  const root = structuredClone(parts[part]);
  if (inner === null) changed[part] = put(root, outer, value());
  else {
    const json = put(jsonAt(root, outer), inner, value());
    const text = json === undefined ? '' : JSON.stringify(json);
    changed[part] = put(root, outer, outer[0] === 'card' ? text : Buffer.from(text).toString('base64'));
  }
  return changed;
}

/** @param value undefined takes the field away. */
function put(root: unknown, path: Path, value: unknown): unknown {
  if (path.length === 0) return value;
  const holder = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof holder !== 'object' || holder === null || key === undefined) return root;
  if (value !== undefined) Reflect.set(holder, key, value);
  else if (Array.isArray(holder) && typeof key === 'number') holder.splice(key, 1);
  else Reflect.deleteProperty(holder, key);
  return root;
}

const hourMs = 3_600_000;

function edited(value: unknown, { field }: Site, random: Random): unknown {
  switch (typeof value) {
    case 'boolean':
      return !value;
    case 'number':
      return field.endsWith('At') || field === 'at'
        ? value + random.pick([-hourMs, hourMs, 1, 1000])
        : value + random.pick([1, 2]);
    case 'string':
      return editedText(value, random);
    default:
      return value === null ? 'x' : Array.isArray(value) ? ['x'] : { x: 1 };
  }
}

function editedText(text: string, random: Random): string {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return movedTime(text, random.pick([-hourMs, hourMs, 1, 1000]));
  if (/^\d+$/.test(text)) return String(BigInt(text) + BigInt(random.pick([1, 2])));
  if (/^[\d.]+s$/.test(text)) return `${Number(text.slice(0, -1)) + random.pick([1, 60])}s`;
  const letters = [...text.matchAll(/[0-9A-Za-z]/g)].map(({ index }) => index);
  if (letters.length === 0) return `${text}x`;
  const at = random.pick(letters);
  const letter = text[at] ?? 'a';
  const alphabet = /[0-9]/.test(letter)
    ? '0123456789'
    : /[a-f]/.test(letter)
      ? 'abcdef'
      : /[a-z]/.test(letter)
        ? 'ghijklmnopqrstuvwxyz'
        : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const other = alphabet.split('').filter((one) => one !== letter);
  return text.slice(0, at) + random.pick(other) + text.slice(at + 1);
}

/** Nanoseconds stay as they are. */
function movedTime(text: string, byMs: number): string {
  const [, fraction = '', rest = ''] = /\.(\d{1,3})(\d*)Z$/.exec(text) ?? [];
  const moved = new Date(Date.parse(text.replace(/\.\d+Z$/, `.${fraction.padEnd(3, '0')}Z`)) + byMs).toISOString();
  return rest === '' ? moved : moved.replace('Z', `${rest}Z`);
}

/** @returns the place that it concerns, and the parts after it. */
export function changeParts(
  parts: readonly unknown[],
  index: number,
  change: (typeof partChanges)[number],
  random: Random,
): unknown[] | undefined {
  const kind = (at: number): unknown => valueAt(parts[at], ['part']);
  switch (change) {
    case 'part-removed':
      return parts.filter((_, at) => at !== index);
    case 'part-twice':
      return parts.flatMap((part, at) => (at === index ? [part, part] : [part]));
    case 'parts-swapped': {
      if (kind(index) !== 'event' || kind(index + 1) !== 'event') return undefined;
      const swapped = [...parts];
      [swapped[index], swapped[index + 1]] = [swapped[index + 1], swapped[index]];
      return swapped;
    }
    case 'tail-cut': {
      const last = parts.findLastIndex((_, at) => kind(at) === 'event');
      const length = random.integer(1, 6);
      return parts.filter((_, at) => at <= last - length || at > last);
    }
    case 'link-removed': {
      if (kind(index) !== 'link') return undefined;
      const next = parts.findIndex((_, at) => at > index && kind(at) !== 'event');
      return parts.filter((_, at) => at < index || at >= next);
    }
  }
}
