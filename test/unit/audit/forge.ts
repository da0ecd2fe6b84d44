/**
 * Changes what was signed, as somebody who holds every signing key could: each digest that names a changed object follows,
 * and every signature is taken as good. What is still found is found by what the objects say of each other.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import { decodePayload, type Payload } from '../../../audit/decode-payload.ts';
import { digestJson } from '../../../core/digest.ts';
import type { KeyRegistry } from '../../../core/envelope.ts';
import { type Recorded, registryOf } from '../../histories/recorded.ts';
import type { Tampered } from './tamper.ts';

const digestedDomains = ['decision', 'receipt', 'vote'] as const;
type DigestedDomain = (typeof digestedDomains)[number];

interface Envelope {
  domain: DigestedDomain;
  value: object;
  digest: string;
}

/** Takes every signature as good that names a known key. */
export function trustingRegistry(recorded: Recorded): KeyRegistry {
  return { ...registryOf(recorded), verify: () => true };
}

/** @param change is called with each signed object, and says whether it changed it. @throws {TypeError} where none was. */
export function forge(tampered: Tampered, change: (domain: string, envelope: object) => boolean): void {
  const holders = payloadsIn(tampered.links.map(({ history }) => history)).map((payload) => ({
    payload,
    value: structuredClone(decodePayload(payload)),
  }));
  const values = holders.map(({ value }) => value);
  const envelopes = values.flatMap(envelopesIn);
  const changed = envelopes.map(({ domain, value }) => change(domain, value));
  if (!changed.includes(true)) throw new TypeError('nothing was forged');
  for (let followed = true; followed; ) {
    followed = false;
    for (const envelope of envelopes) {
      const digest = digestJson(envelope.domain, envelope.value);
      if (digest === envelope.digest) continue;
      for (const value of values) replaceText(value, envelope.digest, digest);
      envelope.digest = digest;
      followed = true;
    }
  }
  for (const { payload, value } of holders) {
    if (JSON.stringify(value) === JSON.stringify(decodePayload(payload))) continue;
    payload.data = defaultPayloadConverter.toPayload(value).data ?? new Uint8Array();
  }
}

function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isPayload(value)) return [value];
  return Object.values(value).flatMap(payloadsIn);
}

function isPayload(value: object): value is Payload & { data: Uint8Array } {
  return 'data' in value && value.data instanceof Uint8Array;
}

function envelopesIn(value: unknown): Envelope[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(envelopesIn);
  const domain = 'signature' in value && 'domain' in value ? value.domain : undefined;
  const digested = digestedDomains.find((one) => one === domain);
  return digested === undefined ? inner : [...inner, { domain: digested, value, digest: digestJson(digested, value) }];
}

function replaceText(value: unknown, before: string, after: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (inner === before) Reflect.set(value, key, after);
    else replaceText(inner, before, after);
  }
}
