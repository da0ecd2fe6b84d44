/** The SQLite store: the conformance suite, and what only a file can do wrong. */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type Store } from '../../../store/index.ts';
import type { Tables } from '../../../store/sql/tables.ts';
import { ImmediateSqliteDialect } from '../../../store/sqlite/sqlite-dialect.ts';
import { createSqliteSession } from '../../../store/sqlite/sqlite-session.ts';
import { storeConformance } from './conformance.ts';
import { claimOf, newScene, openRun } from './conformance/scene.ts';

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  leftovers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(file: string, busyTimeoutMs = 10_000): Promise<Store> {
  const store = await openSqliteStore({ file, busyTimeoutMs });
  leftovers.push(() => store.close());
  return store;
}

storeConformance('a SQLite file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  const file = join(folder, 'store.db');
  const another = () => openSqliteStore({ file, synchronous: 'normal', busyTimeoutMs: 20_000 });
  const store = await another();
  const raw = new Database(file);
  return {
    store,
    another,
    execute: (sql) => Promise.resolve().then(() => void raw.exec(sql)),
    dispose: async () => {
      raw.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describe('database file', () => {
  it('is made for its owner alone, with write-ahead log and full sync', async () => {
    const file = join(freshFolder(), 'state', 'store.db');
    const store = await open(file);
    await openRun(store);
    const modes = ['', '-wal', '-shm'].map((suffix) => statSync(file + suffix).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
    const raw = new Database(file, { readonly: true });
    expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
    raw.close();
  });

  it('keeps what was committed over a restart', async () => {
    const file = join(freshFolder(), 'store.db');
    const first = await open(file);
    const scene = await openRun(first);
    await first.close();
    expect(await (await open(file)).getRun(scene.workflowId)).toMatchObject({ workflowId: scene.workflowId });
  });

  it('is refused when it is a symbolic link', async () => {
    const folder = freshFolder();
    const target = join(folder, 'target.db');
    writeFileSync(target, '', { mode: 0o600 });
    symlinkSync(target, join(folder, 'store.db'));
    const refused = { code: 'config-invalid', message: expect.stringContaining('symbolic link') as string };
    await expect(open(join(folder, 'store.db'))).rejects.toMatchObject(refused);
  });

  it.each([0o640, 0o604, 0o620])('is refused with mode %o', async (mode) => {
    const file = join(freshFolder(), 'store.db');
    writeFileSync(file, '');
    chmodSync(file, mode);
    await expect(open(file)).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('is refused in a folder that others can write to', async () => {
    const folder = join(freshFolder(), 'shared');
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    await expect(open(join(folder, 'store.db'))).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('that is no database is unavailable', async () => {
    const file = join(freshFolder(), 'store.db');
    writeFileSync(file, 'not a database, only a text that is long enough to be read as one'.repeat(20), {
      mode: 0o600,
    });
    await expect(open(file)).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('that vanishes or is replaced makes the store unavailable, never forgetful', async () => {
    const file = join(freshFolder(), 'store.db');
    const store = await open(file);
    const scene = await openRun(store);
    renameSync(file, `${file}.away`);
    await expect(store.getRun(scene.workflowId)).rejects.toMatchObject({ code: 'store-unavailable' });
    writeFileSync(file, '', { mode: 0o600 });
    await expect(store.claimTicket(claimOf(newScene()))).rejects.toMatchObject({ code: 'store-unavailable' });
    renameSync(`${file}.away`, file);
    expect(await store.getRun(scene.workflowId)).not.toBeNull();
  });

  it('whose path is a folder, or lies under a file, is unavailable or refused', async () => {
    const folder = freshFolder();
    await expect(open(folder)).rejects.toMatchObject({ code: 'config-invalid' });
    writeFileSync(join(folder, 'file'), '');
    await expect(open(join(folder, 'file', 'store.db'))).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('of a newer version is refused and left as it is', async () => {
    const file = join(freshFolder(), 'store.db');
    await (await open(file)).close();
    const raw = new Database(file);
    raw.exec("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '')");
    raw.close();
    await expect(open(file)).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('a store that cannot answer', () => {
  it('after close is unavailable, and closing twice is fine', async () => {
    const store = await open(':memory:');
    await store.ping();
    await store.close();
    await store.close();
    await expect(store.ping()).rejects.toMatchObject({ code: 'store-unavailable' });
    await expect(store.getFence('x', 1)).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('closed while calls are under way finishes them or says unavailable', async () => {
    const file = join(freshFolder(), 'store.db');
    const store = await open(file);
    const scenes = Array.from({ length: 8 }, () => newScene());
    const claims = Promise.allSettled(scenes.map((scene) => store.claimTicket(claimOf(scene))));
    await store.close();
    const settled = await claims;
    const again = await open(file);
    const faults = settled.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
    for (const fault of faults) expect(fault).toMatchObject({ code: 'store-unavailable' });
    for (const [index, result] of settled.entries()) {
      const run = await again.getRun(scenes[index]!.workflowId);
      expect(run !== null).toBe(result.status === 'fulfilled');
    }
  });

  it('locked for longer than the time-out is unavailable, and answers when the lock is gone', async () => {
    const file = join(freshFolder(), 'store.db');
    const store = await open(file, 30);
    const holder = new Database(file);
    leftovers.push(() => holder.close());
    holder.exec('begin immediate');
    await expect(store.claimTicket(claimOf(newScene()))).rejects.toMatchObject({ code: 'store-unavailable' });
    holder.exec('rollback');
    expect(await store.claimTicket(claimOf(newScene()))).toBe('claimed');
  });

  it('waits for a lock that is released in time', async () => {
    const file = join(freshFolder(), 'store.db');
    const store = await open(file);
    const holder = new Database(file);
    leftovers.push(() => holder.close());
    holder.exec('begin immediate');
    const claim = store.claimTicket(claimOf(newScene()));
    await store.ping();
    holder.exec('commit');
    expect(await claim).toBe('claimed');
  });

  it('full or read-only is unavailable, keeps nothing of the transaction, and answers again with room', async () => {
    const file = join(freshFolder(), 'store.db');
    await (await open(file)).close();
    const database = new Database(file, { timeout: 0 });
    const kysely = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect(database) });
    const session = createSqliteSession({ kysely, file: null, busyTimeoutMs: 100 });
    const put = (digest: string, length: number) =>
      session.write((queries) =>
        queries
          .insertInto('bodies')
          .values([
            { digest: `${digest} small`, text_json: '""' },
            { digest, text_json: 'x'.repeat(length) },
          ])
          .execute(),
      );
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.pragma(`max_page_count = ${pages + 1}`);
    await expect(put('big', 1_000_000)).rejects.toMatchObject({ code: 'store-unavailable' });
    database.pragma('query_only = on');
    await expect(put('any', 1)).rejects.toMatchObject({ code: 'store-unavailable' });
    database.pragma('query_only = off');
    const rows = await session.read((queries) => queries.selectFrom('bodies').selectAll().execute());
    expect(rows).toEqual([]);
    database.pragma('max_page_count = 100000');
    await put('big', 1_000_000);
    await session.close();
  });
});

describe('transactions of one process', () => {
  async function openSession(file: string) {
    await (await open(file)).close();
    const database = new Database(file, { timeout: 0 });
    const kysely = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect(database) });
    const session = createSqliteSession({ kysely, file: null, busyTimeoutMs: 30 });
    leftovers.push(() => session.close());
    return session;
  }

  it('that write do nothing before they hold the lock', async () => {
    const file = join(freshFolder(), 'store.db');
    const session = await openSession(file);
    const holder = new Database(file);
    leftovers.push(() => holder.close());
    holder.exec('begin immediate');
    let attempts = 0;
    const write = session.write(() => Promise.resolve((attempts += 1)));
    await expect(write).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(attempts).toBe(0);
  });

  it('that the database has rolled back by itself report the cause', async () => {
    const session = await openSession(join(freshFolder(), 'store.db'));
    const write = session.write(async (queries) => {
      await sql`rollback`.execute(queries);
      throw new Error('the cause');
    });
    await expect(write).rejects.toThrow('the cause');
  });

  it('under way at close are finished', async () => {
    const session = await openSession(join(freshFolder(), 'store.db'));
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const write = session.write(async (queries) => {
      begun.resolve();
      await goOn.promise;
      return queries.selectFrom('counters').selectAll().execute();
    });
    await begun.promise;
    const closed = session.close();
    goOn.resolve();
    expect(await write).toHaveLength(2);
    await closed;
    await expect(session.read(() => Promise.resolve())).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('never interleave, however their steps wait', async () => {
    const database = new Database(':memory:');
    const kysely = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect(database) });
    const session = createSqliteSession({ kysely, file: null, busyTimeoutMs: 100 });
    database.exec("create table counters (name text, value integer); insert into counters values ('ledger', 0)");
    const increment = () =>
      session.write(async (queries) => {
        const { value } = await queries.selectFrom('counters').select('value').executeTakeFirstOrThrow();
        await new Promise((resolve) => setImmediate(resolve));
        await queries
          .updateTable('counters')
          .set({ value: value + 1 })
          .execute();
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(database.prepare('select value from counters').pluck().get()).toBe(20);
    await session.close();
  });
});
