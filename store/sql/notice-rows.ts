/** A notice as its row, and back. */
import type { Selectable } from 'kysely';
import type { KeptNotice, Notice } from '../notice.ts';
import type { NoticesTable } from './tables.ts';

export type NoticeTable = 'notices' | 'review_notices';

export function tableOf({ about }: Pick<Notice, 'about'>): NoticeTable {
  return about === 'review' ? 'review_notices' : 'notices';
}

export function toNotice(row: Selectable<NoticesTable>, table: NoticeTable = 'notices'): KeptNotice {
  return {
    nonce: row.nonce,
    channel: row.channel,
    ...(table === 'review_notices' ? { about: 'review' as const } : {}),
    state: row.state,
    attempts: Number(row.attempts),
    nextAt: Number(row.next_at),
    place: row.place,
    problem: row.problem,
    toldAt: row.told_at === null ? null : Number(row.told_at),
    remindedAt: row.reminded_at === null ? null : Number(row.reminded_at),
  };
}

export function toRow(notice: Notice): Selectable<NoticesTable> {
  return {
    nonce: notice.nonce,
    channel: notice.channel,
    state: notice.state === 'new' ? 'waiting' : notice.state,
    attempts: notice.attempts,
    next_at: notice.nextAt,
    place: notice.place,
    problem: notice.problem,
    told_at: notice.toldAt,
    reminded_at: notice.remindedAt,
  };
}
