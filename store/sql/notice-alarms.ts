/**
 * Notices by which nobody could be told, for the channels that still reach people. Each channel says it
 * once for each that failed; what is sent again and fails again was said already.
 */
import { type RawBuilder, sql, type SqlBool } from 'kysely';
import { failingAttempts, isUntold } from '../notice.ts';
import type { Store } from '../store.ts';
import { toNotice } from './notice-rows.ts';
import type { Queries, SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

type AlarmMethods = Pick<Store, 'untoldBeside' | 'noteAlarm'>;

export function noticeAlarmMethods(session: SqlSession): AlarmMethods {
  return {
    untoldBeside: ({ nonce, channel }) =>
      session.read(async (queries) => {
        const rows = await queries
          .selectFrom('notices')
          .selectAll()
          .where('nonce', '=', nonce)
          .where('told_at', 'is', null)
          .where('channel', '!=', channel)
          .where('channel', 'not in', said(queries, nonce, channel))
          .orderBy('channel')
          .execute();
        return rows.map((row) => toNotice(row)).filter(isUntold);
      }),
    noteAlarm: ({ nonce, channel, about, at }) =>
      session.write(
        async (queries) => {
          await queries
            .insertInto('notice_alarms')
            .values({ nonce, channel, about, told_at: at })
            .onConflict((conflict) => conflict.columns(['nonce', 'channel', 'about']).doNothing())
            .execute();
        },
        ofRow(`notice ${nonce} ${channel}`),
      ),
  };
}

function said(queries: Queries, nonce: string, channel: string) {
  return queries
    .selectFrom('notice_alarms')
    .select('about')
    .where('notice_alarms.nonce', '=', nonce)
    .where('notice_alarms.channel', '=', channel);
}

/** Of a row of `notices` of this channel: whether there is something of another that it has not said. */
export function hasUnsaid(channel: string): RawBuilder<SqlBool> {
  return sql`exists (
    select 1 from notices failed
    where failed.nonce = notices.nonce and failed.told_at is null and failed.channel <> ${channel}
      and (failed.state = 'gave-up' or (failed.state = 'waiting' and failed.attempts >= ${failingAttempts}))
      and not exists (
        select 1 from notice_alarms said
        where said.nonce = failed.nonce and said.about = failed.channel and said.channel = ${channel}
      )
  )`;
}
