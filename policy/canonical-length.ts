/** Size of arguments as they are signed and stored: UTF-8 bytes of their canonical JSON. */
import { canonicalJson } from '../core/canonical-json.ts';

/** @throws {TypeError} when the value is not JSON. */
export function canonicalLength(value: unknown): number {
  return new TextEncoder().encode(canonicalJson(value)).length;
}
