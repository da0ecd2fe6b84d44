/**
 * Notices of approval requests by channel, and deliveries that were seen. Each step is a compare-and-set on `next_at`: of
 * two gateways that would tell the same request, one takes it, and a taker that dies gives it back when its lease ends.
 */
import type { Store } from '../store.ts';
import type { Notice } from '../notice.ts';
import { hasUnsaid } from './notice-alarms.ts';
import { toNotice, toRow } from './notice-rows.ts';
import { prepared } from './prepared.ts';
import type { SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

type NoticeMethods = Pick<
  Store,
  'noticesDue' | 'takeNotice' | 'saveNotice' | 'noticesOf' | 'listNotices' | 'firstDelivery'
>;

export function noticeMethods(session: SqlSession): NoticeMethods {
  return {
    noticesDue: ({ channel, now, limit }) =>
      session.read(async (queries) => {
        const told = queries.selectFrom('notices').select('nonce').where('channel', '=', channel);
        const untold = await queries
          .selectFrom('asks')
          .select('nonce')
          .where('outcome', 'is', null)
          .where('deadline_at', '>', now)
          .where('nonce', 'not in', told)
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
        return [...fresh, ...due.map(toNotice)].slice(0, limit);
      }),
    takeNotice: (notice, leaseUntilAt) =>
      session.write(
        async (queries) => {
          const { nonce, channel, nextAt } = notice;
          if (notice.state === 'new') {
            const row = toRow({ ...notice, state: 'waiting', nextAt: leaseUntilAt });
            const inserted = await queries
              .insertInto('notices')
              .values(row)
              .onConflict((conflict) => conflict.columns(['nonce', 'channel']).doNothing())
              .executeTakeFirst();
            return Number(inserted.numInsertedOrUpdatedRows ?? 0n) === 1;
          }
          const taken = await queries
            .updateTable('notices')
            .set({ state: 'waiting', next_at: leaseUntilAt })
            .where('nonce', '=', nonce)
            .where('channel', '=', channel)
            .where('next_at', '=', nextAt)
            .where('state', '=', notice.state)
            .executeTakeFirst();
          return Number(taken.numUpdatedRows) === 1;
        },
        ofRow(`notice ${notice.nonce} ${notice.channel}`),
      ),
    saveNotice: (notice) =>
      session.write(
        async (queries) => {
          const { nonce, channel, ...values } = toRow(notice);
          await queries
            .updateTable('notices')
            .set(values)
            .where('nonce', '=', nonce)
            .where('channel', '=', channel)
            .execute();
        },
        ofRow(`notice ${notice.nonce} ${notice.channel}`),
      ),
    noticesOf: (nonce) =>
      session.read(async (queries) => {
        const { rows } = await noticesOf(queries, { nonce });
        return rows.map(toNotice);
      }),
    listNotices: ({ state, limit }) =>
      session.read(async (queries) => {
        const query = queries.selectFrom('notices').selectAll().where('state', '=', state);
        return (await query.orderBy('next_at', 'desc').orderBy('nonce').limit(limit).execute()).map(toNotice);
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

function freshNotice(nonce: string, channel: string): Notice {
  const nothing = { place: null, problem: null, toldAt: null, remindedAt: null };
  return { nonce, channel, state: 'new', attempts: 0, nextAt: 0, ...nothing };
}

const noticesOf = prepared((queries, { nonce }: { nonce: string }) =>
  queries.selectFrom('notices').selectAll().where('nonce', '=', nonce).orderBy('channel'),
);
