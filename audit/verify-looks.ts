/**
 * The gateway's notes of who looked at a request. Nobody signs them, so all that can be held against them is the signed ask: its
 * card, and the time it was asked. Whether a person looked, or how often, only whoever kept the store can have known.
 */
import { lookSchema } from '../core/contracts/look.ts';
import type { SignedDecision } from '../core/contracts/decision.ts';
import { isBetween } from './clock-bound.ts';
import type { AuditStore, OpenedRecord, OpeningOptions } from './open-record.ts';

/** Those that can be true are in `opened.looks` afterwards. */
export async function verifyLooks(
  { looks }: OpenedRecord,
  decisions: readonly SignedDecision[],
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  for (const { body } of decisions) {
    if (body.verdict !== 'ask') continue;
    const { nonce, approvalId, cardDigest, askedAt } = body.ask;
    const notes = (await store.looksOf(nonce)).flatMap((note) => {
      const look = lookSchema.safeParse(note).data;
      const fits = look?.nonce === nonce && look.cardDigest === cardDigest;
      const about = `a note of who looked at request ${approvalId}`;
      checks.expect('store-looks', fits, null, `${about} is of another card`);
      if (!look || !fits) return [];
      const ordered = look.firstAt <= look.lastAt && (look.times > 1 || look.firstAt === look.lastAt);
      const possible = ordered && isBetween(look.firstAt, askedAt, null);
      checks.expect('store-looks', possible, null, `${about} has times that cannot be`);
      return possible ? [look] : [];
    });
    if (notes.length > 0) looks.set(nonce, notes);
  }
}
