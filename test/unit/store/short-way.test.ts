/** Prepared queries that go past the builder: the same rows and counts as by it, and never outside their transaction. */
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { prepared } from '../../../store/sql/prepared.ts';
import type { Queries } from '../../../store/sql/session.ts';
import type { Tables } from '../../../store/sql/tables.ts';
import { statementRunner, withCachedStatements } from '../../../store/sqlite/cached-statements.ts';
import { ImmediateSqliteDialect } from '../../../store/sqlite/sqlite-dialect.ts';
import { createSqliteSession } from '../../../store/sqlite/sqlite-session.ts';

const insert = prepared((queries, body: { digest: string; text: string }) =>
  queries.insertInto('bodies').values({ digest: body.digest, text_json: body.text }),
);
const find = prepared((queries, { digest }: { digest: string }) =>
  queries.selectFrom('bodies').selectAll().where('digest', '=', digest),
);

let database: Database.Database;

afterEach(() => void database.close());

function openSession(isShort: boolean) {
  database = new Database(':memory:');
  database.exec('create table bodies (digest text primary key, text_json text)');
  const kysely = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect(database) });
  const run = isShort ? { run: statementRunner(withCachedStatements(database)) } : {};
  return createSqliteSession({ kysely, ...run, file: null, busyTimeoutMs: 100 });
}

test.each([true, false])('an insert says what it changed and a look what it found, short way %s', async (isShort) => {
  const session = openSession(isShort);
  const changed = await session.write(async (queries) => (await insert(queries, { digest: 'a', text: '1' })).changed);
  const rows = await session.read(async (queries) => (await find(queries, { digest: 'a' })).rows);
  expect({ changed, rows }).toEqual({ changed: 1, rows: [{ digest: 'a', text_json: '1' }] });
});

test('what work wrote before it threw is rolled back', async () => {
  const session = openSession(true);
  const failing = session.write(async (queries) => {
    await insert(queries, { digest: 'a', text: '1' });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(database.prepare('select * from bodies').all()).toEqual([]);
});

test('a query that is asked after its transaction has ended is refused, and writes nothing', async () => {
  const session = openSession(true);
  let kept: Queries | undefined;
  await session.write((queries) => Promise.resolve(void (kept = queries)));
  if (!kept) throw new TypeError('no transaction was opened');
  await expect(insert(kept, { digest: 'late', text: '1' })).rejects.toThrow('already committed');
  expect(database.prepare('select * from bodies').all()).toEqual([]);
});

test('a value is written where the planner does not look at it, and is of its type all the same', async () => {
  const session = openSession(true);
  const texts = await session.read((queries) => {
    const query = queries.selectFrom('bodies').selectAll().where('digest', '=', 'a').orderBy('digest').limit(1);
    return Promise.resolve(query.compile().sql);
  });
  expect(texts).not.toMatch(/(?<!\+)\?/u);
  const values = [1, 1.5, 'a', null, 9007199254740993n, Buffer.from('a')];
  const types = database.prepare('select typeof(+?) as type').pluck();
  expect(values.map((value) => types.get(value))).toEqual(['real', 'real', 'text', 'null', 'integer', 'blob']);
});
