/**
 * Notices of approval requests by channel, and deliveries that were seen. Each step is a compare-and-set on `next_at`: of
 * two gateways that would tell the same request, one takes it, and a taker that dies gives it back when its lease ends.
 */
import { sql } from 'kysely';
import type { Store } from '../store.ts';
import type { KeptNotice, Notice } from '../notice.ts';
import { hasUnsaid } from './notice-alarms.ts';
import { type NoticeTable, tableOf, toNotice, toRow } from './notice-rows.ts';
import type { Queries, SqlSession, WriteScope } from './session.ts';
import { insertTelling } from './tellings.ts';
import { ofRow } from './write-scopes.ts';

type NoticeMethods = Pick<
  Store,
  | 'noticesDue'
  | 'reviewNoticesDue'
  | 'takeNotice'
  | 'saveNotice'
  | 'noticesOf'
  | 'noticesOfAll'
  | 'listNotices'
  | 'firstDelivery'
>;

export function noticeMethods(session: SqlSession): NoticeMethods {
  return {
    noticesDue: ({ channel, now, limit }) =>
      session.read(async (queries) => {
        const untold = await queries
          .selectFrom('asks')
          .select('nonce')
          .where('outcome', 'is', null)
          .where('deadline_at', '>', now)
          // A look by key for each open request: a list of what was ever told would be read anew each time, and grows for ever.
          .where((where) => where.not(where.exists(toldOf(queries, 'notices', channel, 'asks.nonce'))))
          .orderBy('deadline_at')
          .limit(limit)
          .execute();
        const due = await queries
          .selectFrom('notices')
          .innerJoin('asks', 'asks.nonce', 'notices.nonce')
          .selectAll('notices')
          .where('channel', '=', channel)
          .where('state', 'in', ['waiting', 'told'])
          // What is told rests until its time, or until its request is closed; what somebody took, until the lease ends.
          .where((where) =>
            where.or([
              where('next_at', '<=', now),
              where.and([where('state', '=', 'told'), where('asks.outcome', 'is not', null)]),
              // Another channel could not tell: whoever this one reaches is told.
              where.and([where('state', '=', 'told'), hasUnsaid(channel)]),
            ]),
          )
          .orderBy('next_at')
          .limit(limit)
          .execute();
        const fresh = untold.map(({ nonce }) => freshNotice(nonce, channel));
        return [...fresh, ...due.map((row) => toNotice(row))].slice(0, limit);
      }),
    reviewNoticesDue: ({ channel, now, limit }) =>
      session.read(async (queries) => {
        const told = toldOf(queries, 'review_notices', channel, 'reviews.nonce');
        const untold = queries.selectFrom('reviews').select('nonce');
        const fresh = await untold
          .where((where) => where.not(where.exists(told)))
          .orderBy('due_at')
          .limit(limit)
          .execute();
        const due = await queries
          .selectFrom('review_notices')
          .selectAll()
          .where('channel', '=', channel)
          .where('state', 'in', ['waiting', 'told'])
          .where('next_at', '<=', now)
          .orderBy('next_at')
          .limit(limit)
          .execute();
        return [
          ...fresh.map(({ nonce }) => ({ ...freshNotice(nonce, channel), about: 'review' as const })),
          ...due.map((row) => toNotice(row, 'review_notices')),
        ].slice(0, limit);
      }),
    takeNotice: (notice, leaseUntilAt) =>
      session.write(
        async (queries) => {
          const { nonce, channel, nextAt } = notice;
          if (notice.state === 'new') {
            const row = toRow({ ...notice, state: 'waiting', nextAt: leaseUntilAt });
            const inserted = await queries
              .insertInto(tableOf(notice))
              .values(row)
              .onConflict((conflict) => conflict.columns(['nonce', 'channel']).doNothing())
              .executeTakeFirst();
            return Number(inserted.numInsertedOrUpdatedRows ?? 0n) === 1;
          }
          const taken = await queries
            .updateTable(tableOf(notice))
            .set({ state: 'waiting', next_at: leaseUntilAt })
            .where('nonce', '=', nonce)
            .where('channel', '=', channel)
            .where('next_at', '=', nextAt)
            .where('state', '=', notice.state)
            .executeTakeFirst();
          return Number(taken.numUpdatedRows) === 1;
          // Lost, it is taken once more; what was told since is kept by a write that waits and takes this one along.
        },
        { ...scopeOf(notice), mayBeLostWithPower: true },
      ),
    saveNotice: (notice, telling) =>
      session.write(async (queries) => {
        const { nonce, channel, ...values } = toRow(notice);
        await queries
          .updateTable(tableOf(notice))
          .set(values)
          .where('nonce', '=', nonce)
          .where('channel', '=', channel)
          .execute();
        if (telling) await insertTelling(queries, telling);
      }, scopeOf(notice)),
    noticesOf: (nonce) =>
      session.read(async (queries) => {
        const of = async (table: NoticeTable): Promise<KeptNotice[]> => {
          const rows = await queries
            .selectFrom(table)
            .selectAll()
            .where('nonce', '=', nonce)
            .orderBy('channel')
            .execute();
          return rows.map((row) => toNotice(row, table));
        };
        return [...(await of('notices')), ...(await of('review_notices'))];
      }),
    noticesOfAll: (nonces) =>
      session.read(async (queries) => {
        if (nonces.length === 0) return new Map();
        const rows = await queries
          .selectFrom('notices')
          .selectAll()
          .where('nonce', 'in', nonces)
          .orderBy('channel')
          .execute();
        return Map.groupBy(
          rows.map((row) => toNotice(row)),
          ({ nonce }) => nonce,
        );
      }),
    listNotices: ({ state, limit }) =>
      session.read(async (queries) => {
        const of = async (table: NoticeTable): Promise<KeptNotice[]> => {
          const query = queries.selectFrom(table).selectAll().where('state', '=', state);
          const rows = await query.orderBy('next_at', 'desc').orderBy('nonce').limit(limit).execute();
          return rows.map((row) => toNotice(row, table));
        };
        const all = [...(await of('notices')), ...(await of('review_notices'))];
        return all.toSorted((a, b) => b.nextAt - a.nextAt || (a.nonce < b.nonce ? -1 : 1)).slice(0, limit);
      }),
    firstDelivery: ({ source, id, now, forgetBefore }) =>
      session.write(
        async (queries) => {
          await queries.deleteFrom('deliveries').where('seen_at', '<', forgetBefore).execute();
          const inserted = await queries
            .insertInto('deliveries')
            .values({ source, delivery_id: id, seen_at: now })
            .onConflict((conflict) => conflict.columns(['source', 'delivery_id']).doNothing())
            .executeTakeFirst();
          return Number(inserted.numInsertedOrUpdatedRows ?? 0n) === 1;
        },
        ofRow(`deliveries ${source}`),
      ),
  };
}

function toldOf(queries: Queries, table: NoticeTable, channel: string, nonce: 'asks.nonce' | 'reviews.nonce') {
  return queries
    .selectFrom(`${table} as told`)
    .select('told.nonce')
    .where('told.channel', '=', channel)
    .where('told.nonce', '=', sql.ref<string>(nonce));
}

function scopeOf(notice: Notice): WriteScope {
  return ofRow(`${tableOf(notice)} ${notice.nonce} ${notice.channel}`);
}

function freshNotice(nonce: string, channel: string): Notice {
  const nothing = { place: null, problem: null, toldAt: null, remindedAt: null };
  return { nonce, channel, state: 'new', attempts: 0, nextAt: 0, ...nothing };
}
