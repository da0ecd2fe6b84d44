/**
 * Who was told of which request and when. A row is written in the transaction that notes that its channel is done with that
 * moment, so that no gateway that dies leaves one without the other; the first one stays.
 */
import type { Telling } from '../../core/contracts/telling.ts';
import type { Store } from '../store.ts';
import type { Queries, SqlSession } from './session.ts';

type TellingMethods = Pick<Store, 'tellingsOf'>;

export function tellingMethods(session: SqlSession): TellingMethods {
  return {
    tellingsOf: (nonce) =>
      session.read(async (queries) => {
        const rows = await queries
          .selectFrom('tellings')
          .selectAll()
          .where('nonce', '=', nonce)
          .orderBy('told_at')
          .orderBy('channel')
          .orderBy('moment')
          .orderBy('due_at')
          .execute();
        return rows.map(({ channel, moment, reached, problem, ...row }): Telling => {
          const when = { dueAt: Number(row.due_at), toldAt: Number(row.told_at) };
          return { nonce, channel, moment, ...when, reached: reached === '' ? [] : reached.split('\n'), problem };
        });
      }),
  };
}

export async function insertTelling(queries: Queries, telling: Telling): Promise<void> {
  const { nonce, channel, moment, dueAt, toldAt, reached, problem } = telling;
  await queries
    .insertInto('tellings')
    .values({ nonce, channel, moment, due_at: dueAt, told_at: toldAt, reached: reached.join('\n'), problem })
    .onConflict((conflict) => conflict.columns(['nonce', 'channel', 'moment', 'due_at']).doNothing())
    .execute();
}
