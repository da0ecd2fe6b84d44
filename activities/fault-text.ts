/** What a record says of a fault: its kind and the length of its words, never the words. They may hold what an attacker wrote, or a secret. */
import { messageOf } from '../core/errors.ts';

/** @param what failed: `the gate` */
export function faultText(what: string, error: unknown): string {
  return `${what} failed (${error instanceof Error ? error.name : 'unknown fault'}, ${messageOf(error).length} characters)`;
}
