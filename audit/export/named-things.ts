/**
 * What the parts of an export name beside themselves: keys that signed, bodies by digest. Found by form in what was recorded; a
 * name that somebody planted finds nothing, or what is public anyway.
 */
import type { ExportPart } from '../../core/contracts/export.ts';
import { hasErrorCode } from '../../core/errors.ts';
import type { Store } from '../../store/store.ts';

export interface NamedThings {
  kids: Set<string>;
  /** By digest: what is missing without it, or null where it is only stored when a text was cut. */
  bodies: Map<string, string | null>;
}

const digest = 'sha256:[0-9a-f]{64}';
const bodyNames: readonly [RegExp, string | null][] = [
  [new RegExp(`"packDigest":"(${digest})"`, 'g'), 'agent pack'],
  [new RegExp(`"(?:policyDigest|activePolicyDigest)":"(${digest})"`, 'g'), 'policy'],
  [new RegExp(`"bodyDigest":"(${digest})"`, 'g'), 'whole output'],
  [new RegExp(`"outputDigest":"(${digest})"`, 'g'), null],
];

/** @param text JSON without spaces. */
export function noteText({ kids, bodies }: NamedThings, text: string): void {
  for (const [, kid = ''] of text.matchAll(/"kid":"([a-z]+-[0-9a-f]{16})"/g)) kids.add(kid);
  for (const [form, what] of bodyNames) {
    for (const [, name = ''] of text.matchAll(form)) bodies.set(name, bodies.get(name) ?? what);
  }
}

/** An event as proto JSON: its payloads are base64. */
export function noteValue(named: NamedThings, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'data' && typeof inner === 'string') noteText(named, Buffer.from(inner, 'base64').toString('utf8'));
    else noteValue(named, inner);
  }
}

/** Null where the store does not have it, or not as its digest says. */
export async function bodyPart(store: Pick<Store, 'getBody'>, name: string): Promise<ExportPart | null> {
  try {
    const text = await store.getBody(name);
    return text === null ? null : { part: 'body', text };
  } catch (error) {
    if (hasErrorCode(error, 'record-invalid')) return null;
    throw error;
  }
}
