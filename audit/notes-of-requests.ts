/**
 * The gateway's notes beside requests (who looked, who was told). Nobody signs them, so each is held against the signed ask alone:
 * one that cannot be true is a failed check of whoever judges it, and is left out.
 */
import type { Ask, SignedDecision } from '../core/contracts/decision.ts';

/**
 * @param judge undefined: it cannot be true, and its check says so
 * @returns by nonce; a request without any has no entry
 */
export async function notesOfRequests<T>(
  decisions: readonly SignedDecision[],
  read: (nonce: string) => Promise<readonly unknown[]>,
  judge: (note: unknown, ask: Ask) => T | undefined,
): Promise<Map<string, T[]>> {
  const kept = new Map<string, T[]>();
  for (const { body } of decisions) {
    if (body.verdict !== 'ask') continue;
    const notes = (await read(body.ask.nonce)).flatMap((note) => judge(note, body.ask) ?? []);
    if (notes.length > 0) kept.set(body.ask.nonce, notes);
  }
  return kept;
}
