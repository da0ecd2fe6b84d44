/**
 * What a channel says of one break-glass: at once that it happened, again while its review is open, and at last that it was
 * signed. Telling closes no review, and a channel that fails delays nothing.
 */
import { reviewersNeeded } from '../../core/review.ts';
import type { Notice } from '../../store/notice.ts';
import { createApproverCheck } from '../approvers.ts';
import type { GatewayContext } from '../options.ts';
import { findReview, type OpenedReview } from '../reviews/show-reviews.ts';
import type { Step } from './keep-notices.ts';
import type { NoticeChannel, ReviewTold } from './notice-channel.ts';

const dayMs = 24 * 60 * 60_000;
/** Between looks at whether an open review was signed, ms. */
const lookAgainMs = 60_000;

export async function serveReview(gateway: GatewayContext, channel: NoticeChannel, notice: Notice): Promise<Step> {
  const review = await findReview(gateway, createApproverCheck(gateway), notice.nonce);
  const now = gateway.clock.now();
  const isSigned = review.decided.state === 'signed';
  const { place } = notice;
  if (place === null) {
    // A channel that is new tells nobody of what was reviewed before.
    if (isSigned) return { changes: { state: 'done', problem: null } };
    const told = { moment: 'used', momentAt: review.vote.body.castAt } as const;
    const kept = await channel.review?.(review.ask, null, toldOf(review, told));
    const attempts = notice.attempts + 1;
    return { changes: { ...resting(now), place: kept ?? null, toldAt: now, attempts }, told: tellingFor(told, now) };
  }
  if (isSigned) {
    const momentAt = Math.max(...review.decided.signatures.map(({ signedAt }) => signedAt));
    const told = { moment: 'signed', momentAt } as const;
    await channel.review?.(review.ask, place, toldOf(review, told));
    return { changes: { state: 'done', problem: null }, told: tellingFor(told, now) };
  }
  const due = reviewReminder(review, notice.remindedAt ?? notice.toldAt ?? now, now);
  if (!due) return { changes: resting(now) };
  await channel.review?.(review.ask, place, toldOf(review, due));
  return { changes: { ...resting(now), remindedAt: now }, told: tellingFor(due, now) };
}

function tellingFor({ moment, momentAt }: Moment, now: number): NonNullable<Step['told']> {
  return { moment: moment === 'used' ? 'break-glass' : `review-${moment}`, dueAt: momentAt, toldAt: now };
}

function resting(now: number): Pick<Notice, 'state' | 'problem' | 'nextAt'> {
  return { state: 'told', problem: null, nextAt: now + lookAgainMs };
}

type Moment = Pick<ReviewTold, 'moment' | 'momentAt'>;

/** The latest time after the last telling: half of the time to review, when it is overdue, and every day after that. */
export function reviewReminder(
  { vote, dueAt }: Pick<OpenedReview, 'vote' | 'dueAt'>,
  lastAt: number,
  now: number,
): Moment | undefined {
  const { castAt } = vote.body;
  const halfAt = castAt + Math.floor((dueAt - castAt) / 2);
  if (now >= dueAt) {
    const overdueAt = dueAt + Math.floor((now - dueAt) / dayMs) * dayMs;
    return overdueAt > lastAt ? { moment: 'overdue', momentAt: overdueAt } : undefined;
  }
  return now >= halfAt && lastAt < halfAt ? { moment: 'reminded', momentAt: halfAt } : undefined;
}

function toldOf({ ask, vote, dueAt, decided }: OpenedReview, moment: Moment): ReviewTold {
  const { principal, reason, castAt } = vote.body;
  const { terms, couldAnswer = null } = ask.body.ask;
  return {
    ...moment,
    by: principal,
    role: terms.breakGlass?.role ?? '',
    reason: reason ?? '',
    castAt,
    dueAt,
    couldAnswer,
    needed: reviewersNeeded,
    signatures: decided.signatures.map(({ principal: by, finding }) => ({ principal: by, finding })),
  };
}
