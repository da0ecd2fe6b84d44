/**
 * The gateway's notes of who was told of a request. Nobody signs them, so all that can be held against them is the signed ask: when
 * it was asked, when its terms say to remind, and whom they bring in. Whether anybody was told only the gateway can have known.
 */
import type { Ask, SignedDecision } from '../core/contracts/decision.ts';
import { type Telling, tellingSchema } from '../core/contracts/telling.ts';
import { isBetween } from './clock-bound.ts';
import { notesOfRequests } from './notes-of-requests.ts';
import type { AuditStore, OpenedRecord, OpeningOptions } from './open-record.ts';

/** A gateway that comes late still tells, for as long as the gate takes to close the request, ms. */
const settleMs = 15_000;

/** Those that can be true are in `opened.tellings` afterwards. */
export async function verifyTellings(
  opened: OpenedRecord,
  decisions: readonly SignedDecision[],
  store: AuditStore,
  { checks }: OpeningOptions,
): Promise<void> {
  const read = async (nonce: string): Promise<Telling[]> => await store.tellingsOf(nonce);
  const tellings = await notesOfRequests(decisions, read, (note, ask) => {
    const telling = tellingSchema.safeParse(note).data;
    const about = `a note of who was told of request ${ask.approvalId}`;
    const fits = telling?.nonce === ask.nonce;
    checks.expect('store-tellings', fits, null, `${about} has another shape`);
    if (!telling || !fits) return undefined;
    const possible = canBe(telling, ask);
    checks.expect('store-tellings', possible, null, `${about} says what its terms do not`);
    return possible ? telling : undefined;
  });
  for (const [nonce, own] of tellings) opened.tellings.set(nonce, own);
}

function canBe({ moment, dueAt, toldAt, problem }: Telling, { terms, askedAt, deadlineAt }: Ask): boolean {
  const { remindersMs, escalation, breakGlass } = terms;
  if (!isBetween(dueAt, askedAt, null) || !isBetween(toldAt, dueAt, null)) return false;
  if ((problem !== null) !== (moment === 'gave-up')) return false;
  switch (moment) {
    case 'requested':
      return dueAt === askedAt && isBetween(toldAt, askedAt, deadlineAt + settleMs);
    case 'reminded':
    case 'escalated': {
      const escalatesAt = escalation ? askedAt + escalation.afterMs : Number.POSITIVE_INFINITY;
      const named = [...(remindersMs ?? []).map((afterMs) => askedAt + afterMs), escalatesAt];
      // Where the terms name no reminders, a channel may remind at half of the time that it has left.
      const isNamed = named.includes(dueAt) || (remindersMs === undefined && dueAt < deadlineAt);
      return isNamed && toldAt >= escalatesAt === (moment === 'escalated') && toldAt < deadlineAt;
    }
    case 'closed':
    case 'gave-up':
      return true;
    case 'break-glass':
    case 'review-reminded':
    case 'review-overdue':
    case 'review-signed':
      return breakGlass !== undefined;
  }
}
