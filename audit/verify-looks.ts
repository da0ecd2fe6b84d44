/**
 * The gateway's notes of who looked at a request. Nobody signs them, so all that can be held against them is the signed ask: its
 * card, and the time it was asked. Whether a person looked, or how often, only whoever kept the store can have known.
 */
import { type Look, lookSchema } from '../core/contracts/look.ts';
import type { SignedDecision } from '../core/contracts/decision.ts';
import { isBetween } from './clock-bound.ts';
import { notesOfRequests } from './notes-of-requests.ts';
import type { AuditStore, OpenedRecord, OpeningOptions } from './open-record.ts';

/** Those that can be true are in `opened.looks` afterwards. */
export async function verifyLooks(
  opened: OpenedRecord,
  decisions: readonly SignedDecision[],
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  const read = async (nonce: string): Promise<Look[]> => await store.looksOf(nonce);
  const looks = await notesOfRequests(decisions, read, (note, { nonce, approvalId, cardDigest, askedAt }) => {
    const look = lookSchema.safeParse(note).data;
    const fits = look?.nonce === nonce && look.cardDigest === cardDigest;
    const about = `a note of who looked at request ${approvalId}`;
    checks.expect('store-looks', fits, null, `${about} is of another card`);
    if (!look || !fits) return undefined;
    const ordered = look.firstAt <= look.lastAt && (look.times > 1 || look.firstAt === look.lastAt);
    const possible = ordered && isBetween(look.firstAt, askedAt, null);
    checks.expect('store-looks', possible, null, `${about} has times that cannot be`);
    return possible ? look : undefined;
  });
  for (const [nonce, own] of looks) opened.looks.set(nonce, own);
}
