/**
 * Decoding of payloads that anybody with access to the namespace may have sent: what does not decode, or could not be written
 * again, becomes a value that says so. One such payload must not stop a run, or its audit, for ever.
 */
import { nestingDepth } from './canonical-json.ts';
import { digestBytes } from './digest.ts';

export interface Undecodable {
  undecodable: true;
  digest: string;
}

/** Far beyond anything of ours, far below what a stack holds. */
const deepestPayload = 200;

/** @param decode the SDK's own decoding of these bytes */
export function decodeTolerantly<T>(data: Uint8Array | null | undefined, decode: () => T): T | Undecodable {
  const bytes = data ?? new Uint8Array();
  try {
    if (nestingDepth(bytes) <= deepestPayload) return decode();
  } catch {
    // What it is stands in the history; its digest finds it there.
  }
  return { undecodable: true, digest: digestBytes('undecodable', bytes) };
}
