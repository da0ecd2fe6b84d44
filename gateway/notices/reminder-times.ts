/**
 * When a channel tells people again: at the times that the signed terms name, and when others may answer, too. What passed while
 * nobody was there to tell is told once. A reminder never answers, and moves no deadline.
 */
import type { Ask } from '../../core/contracts/decision.ts';
import type { Notice } from '../../store/notice.ts';
import type { NoticeChannel } from './notice-channel.ts';

type Told = Pick<Notice, 'toldAt' | 'remindedAt'>;

/** The latest that is due and was not told of; undefined: none. */
export function dueReminder(ask: Ask, channel: NoticeChannel, notice: Told, now: number): number | undefined {
  return timesOf(ask, channel, notice).findLast((at) => at <= now);
}

/** The next after now; undefined: none. */
export function nextReminder(ask: Ask, channel: NoticeChannel, notice: Told, now: number): number | undefined {
  return timesOf(ask, channel, notice).find((at) => at > now);
}

export function isEscalated({ terms: { escalation }, askedAt }: Ask, now: number): boolean {
  return escalation !== undefined && now >= askedAt + escalation.afterMs;
}

/** Still to be told of, in order. */
function timesOf({ terms, askedAt, deadlineAt }: Ask, channel: NoticeChannel, { toldAt, remindedAt }: Told): number[] {
  if (toldAt === null || !channel.remind) return [];
  const { remindersMs, escalation } = terms;
  const halfWay = channel.remindsHalfWay ? [Math.round(toldAt + (deadlineAt - toldAt) / 2)] : [];
  const asked = remindersMs ? remindersMs.map((afterMs) => askedAt + afterMs) : halfWay;
  const times = escalation ? [...asked, askedAt + escalation.afterMs] : asked;
  return times.filter((at) => at > (remindedAt ?? toldAt) && at < deadlineAt).toSorted((a, b) => a - b);
}
