/**
 * What a pass of the gate asks of its database stays the same however long its run is: counted in transactions, in statements
 * and in the rows that Postgres touches, never in time. A count that grows with the turn makes a run's cost quadratic.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/index.ts';
import { createPool } from '../../../store/postgres/postgres-pool.ts';
import { createPostgresSession } from '../../../store/postgres/postgres-session.ts';
import { createSqlStore } from '../../../store/sql/create-sql-store.ts';
import type { Queries, SqlSession } from '../../../store/sql/session.ts';
import type { Tables } from '../../../store/sql/tables.ts';
import { openSqliteStore } from '../../../store/index.ts';
import { statementRunner, withCachedStatements } from '../../../store/sqlite/cached-statements.ts';
import { ImmediateSqliteDialect } from '../../../store/sqlite/sqlite-dialect.ts';
import { createSqliteSession } from '../../../store/sqlite/sqlite-session.ts';
import { createDatabase, type PostgresDatabase } from '../../support/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import { anOutput, aReceipt } from '../../support/signed-objects.ts';
import { decisionOf, openRun, type Scene, view } from './conformance/scene.ts';

const early = 10;
const late = 60;

/** A turn of one call that is allowed and read, as the gate and the tools worker leave it in the store. */
async function turn(store: Store, scene: Scene, number: number): Promise<void> {
  const callKey = scene.callKey(number);
  await view(store, scene, callKey, { kinds: ['freeze', 'thaw', 'policy-activation', 'policy-layer'] });
  const record = decisionOf(scene, callKey, { admit: { callsPerRun: 1000, callsPerTurn: 10 } });
  expect(await store.recordDecision(record, { runEpoch: 0 })).toEqual({ kind: 'recorded' });
}

async function read(store: Store, scene: Scene, number: number): Promise<void> {
  const callKey = scene.callKey(number);
  const permitDigest = decisionOf(scene, callKey).digest;
  const receipt = aReceipt({ callKey }, permitDigest);
  await store.recordReceipt({ permitDigest, receipt, output: anOutput(), labels: ['untrusted'], turn: number });
}

/** What `count` says of a pass in an early turn, and of one in a late turn. */
async function costs(store: Store, count: () => number): Promise<{ early: number; late: number }> {
  const scene = await openRun(store);
  const byTurn = new Map<number, number>();
  for (let number = 1; number <= late; number += 1) {
    const before = count();
    await turn(store, scene, number);
    byTurn.set(number, count() - before);
    await read(store, scene, number);
  }
  return { early: byTurn.get(early) ?? 0, late: byTurn.get(late) ?? 0 };
}

describe('a pass of the gate on SQLite', () => {
  let folder: string;
  let database: Database.Database;
  let session: SqlSession;
  let transactions = 0;
  let statements = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-cost-'));
    const file = join(folder, 'store.db');
    await (await openSqliteStore({ file })).close();
    database = new Database(file);
    const run = statementRunner(withCachedStatements(database));
    const inner = createSqliteSession({
      kysely: new Kysely<Tables>({
        dialect: new ImmediateSqliteDialect(database),
        log: ({ query }) => void (statements += /^(?:begin|commit)/u.test(query.sql) ? 0 : 1),
      }),
      run: (text, values) => {
        statements += 1;
        return run(text, values);
      },
      file: null,
      busyTimeoutMs: 100,
    });
    session = around(inner, async (queries, work) => {
      transactions += 1;
      return await work(queries);
    });
  });
  afterAll(async () => {
    await session.close();
    rmSync(folder, { recursive: true });
  });

  it('is two transactions, and as many statements in a late turn as in an early one', async () => {
    const store = createSqlStore(session);
    expect(await costs(store, () => transactions)).toEqual({ early: 2, late: 2 });
    const { early: first, late: last } = await costs(store, () => statements);
    expect(last).toBe(first);
    expect(first).toBeLessThanOrEqual(26);
  });
});

describe('a pass of the gate on Postgres', () => {
  let server: PostgresServer;
  let database: PostgresDatabase;
  let session: SqlSession;
  let rows = 0;
  beforeAll(async () => {
    server = await startPostgres();
    database = await createDatabase(server);
    // Of tables as small as a test's, it would look at every row: nothing then shows what it does with large ones.
    await database.execute(`alter database ${database.location.database} set enable_seqscan = off`);
    const pool = createPool(database.location, { connectWithinMs: 5000 });
    const inner = createPostgresSession({ pool, answerWithinMs: 5000 });
    session = around(inner, async (queries, work) => {
      // What a connection counts it hands over now and then: only the difference is this transaction's.
      const before = await rowsTouched(queries);
      const result = await work(queries);
      rows += (await rowsTouched(queries)) - before;
      return result;
    });
  });
  afterAll(async () => {
    await session.close();
    await database.dispose();
    await server.stop();
  });

  it('touches as many rows in a late turn as in an early one', async () => {
    const { early: first, late: last } = await costs(createSqlStore(session), () => rows);
    expect(first).toBeGreaterThan(10);
    expect(last).toBe(first);
  });
});

/** @param each gets the work of each transaction, inside it */
function around(
  session: SqlSession,
  each: <T>(queries: Queries, work: (queries: Queries) => Promise<T>) => Promise<T>,
): SqlSession {
  return {
    read: (work) => session.read((queries) => each(queries, work)),
    write: (work, scope) => session.write((queries) => each(queries, work), scope),
    close: () => session.close(),
  };
}

/** Rows and index entries that the connection has looked at. */
async function rowsTouched(queries: Queries): Promise<number> {
  const counted = await sql<{ rows: string | null }>`
    select sum(pg_stat_get_xact_tuples_returned(oid)) as rows from pg_class
    where relkind in ('r', 'i') and relnamespace = 'countersign'::regnamespace`.execute(queries);
  return Number(counted.rows[0]?.rows ?? 0);
}
