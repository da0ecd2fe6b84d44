/**
 * Payloads of a history as values. Anybody with access to the namespace can send bytes that do not decode: those become a
 * value that says so, as the worker's own payload converter makes them.
 */
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { canonicalJson } from '../core/canonical-json.ts';
import { decodeTolerantly } from '../core/decode-tolerantly.ts';
import { digestText } from '../core/digest.ts';

export type Payload = temporal.api.common.v1.IPayload;

export function decodePayload(payload: Payload | null | undefined): unknown {
  if (!payload) return undefined;
  return decodeTolerantly(payload.data, () => defaultPayloadConverter.fromPayload<unknown>(payload));
}

export function decodePayloads(payloads: { payloads?: Payload[] | null } | null | undefined): unknown[] {
  return (payloads?.payloads ?? []).map(decodePayload);
}

/** As UTF-8; what holds no bytes at all, as an empty message of a file does, is an empty text. */
export function bytesText(data: unknown): string {
  return new TextDecoder().decode(data instanceof Uint8Array ? data : new Uint8Array());
}

/** A digest to tell two values apart in a report; null for no value. Values of unknown origin may not even be JSON. */
export function digestOfValue(value: unknown): string | null {
  if (value === undefined) return null;
  try {
    return digestText('body', canonicalJson(value));
  } catch {
    return digestText('undecodable', typeof value === 'string' ? value : typeof value);
  }
}
