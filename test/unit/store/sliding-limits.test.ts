/** The migration to limits that slide: what was counted of runs goes on, windows of the clock are counted anew. */
import { SqliteDialect, Kysely, sql } from 'kysely';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createPolicyLimits } from '../../../store/migrations/policy-limits.ts';
import { createSlidingLimits } from '../../../store/migrations/sliding-limits.ts';

it('keeps the counts of a run and drops those of a window', async () => {
  const database = new Database(':memory:');
  database.exec('create table runs (workflow_id text primary key, principal text, opened_at bigint, closed_at bigint)');
  const db = new Kysely<never>({ dialect: new SqliteDialect({ database }) });
  await createPolicyLimits(db);
  database.exec("insert into limit_counters values ('of a run', 0, 3), ('of a minute', 60000, 2)");
  await createSlidingLimits(db);
  expect((await sql`select scope, taken, latest_at from limit_counts`.execute(db)).rows).toEqual([
    { scope: 'of a run', taken: 3, latest_at: 0 },
  ]);
  expect((await sql`select * from limit_places`.execute(db)).rows).toEqual([]);
  expect(database.prepare("select name from sqlite_master where name = 'limit_counters'").all()).toEqual([]);
  await db.destroy();
});
