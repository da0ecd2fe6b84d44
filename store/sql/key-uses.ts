/** When keys were last used, and what was refused, counted by the minute: a flood of one kind is one row a minute. */
import { sql } from 'kysely';
import type { Refusal, Store } from '../store.ts';
import type { SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

type KeyUseMethods = Pick<Store, 'noteUses' | 'keyUses' | 'listRefusals'>;

const minuteMs = 60_000;

export function keyUseMethods(session: SqlSession): KeyUseMethods {
  return {
    noteUses: ({ uses, refusals }) =>
      session.write(async (queries) => {
        for (const [key_id, last_used_at] of uses) {
          await queries
            .insertInto('key_uses')
            .values({ key_id, last_used_at })
            .onConflict((conflict) =>
              conflict.column('key_id').doUpdateSet({ last_used_at }).where('key_uses.last_used_at', '<', last_used_at),
            )
            .execute();
        }
        for (const { route, keyId, about, code, attempts, lastAt } of refusals) {
          await queries
            .insertInto('refusals')
            .values({
              minute_at: lastAt - (lastAt % minuteMs),
              route,
              key_id: keyId ?? '',
              about,
              code,
              attempts,
              last_at: lastAt,
            })
            .onConflict((conflict) =>
              conflict.columns(['minute_at', 'route', 'key_id', 'about', 'code']).doUpdateSet({
                attempts: sql<number>`refusals.attempts + ${attempts}`,
                last_at: lastAt,
              }),
            )
            .execute();
        }
        // One writer at a time: two gateways add to the same rows, in whatever order they have them.
      }, ofRow('key uses')),
    keyUses: () =>
      session.read(async (queries) => {
        const rows = await queries.selectFrom('key_uses').selectAll().execute();
        return new Map(rows.map((row) => [row.key_id, row.last_used_at]));
      }),
    listRefusals: (limit) =>
      session.read(async (queries) => {
        const rows = await queries
          .selectFrom('refusals')
          .selectAll()
          .orderBy('last_at', 'desc')
          .orderBy('route')
          .orderBy('about')
          .limit(limit)
          .execute();
        return rows.map((row): Refusal => {
          const { route, about, code, attempts } = row;
          return { route, about, code, attempts, keyId: row.key_id === '' ? null : row.key_id, lastAt: row.last_at };
        });
      }),
  };
}
