/**
 * Decoding of payloads that anybody with access to the namespace may have sent: what does not decode, or could not be written
 * again, becomes a value that says so. One such payload must not stop a run, or its audit, for ever.
 */
import { nestingDepth } from './canonical-json.ts';
import { digestBytes } from './digest.ts';

export interface Undecodable {
  undecodable: true;
  /** Of its first 16 KiB. */
  digest: string;
}

/** Far beyond anything of ours, far below what a stack holds. */
const deepestPayload = 200;
/**
 * Of how much the digest is, from the start. In a workflow it is made again at every replay, in JavaScript: of some dozen
 * megabytes it would take longer than the run's task may.
 */
const mostDigested = 16_384;

/** @param decode the SDK's own decoding of these bytes */
export function decodeTolerantly<T>(data: Uint8Array | null | undefined, decode: () => T): T | Undecodable {
  const bytes = data ?? new Uint8Array();
  try {
    if (nestingDepth(bytes) <= deepestPayload) return decode();
  } catch {
    // What it is stands in the history; its digest finds it there.
  }
  return { undecodable: true, digest: digestBytes('undecodable', bytes.subarray(0, mostDigested)) };
}
