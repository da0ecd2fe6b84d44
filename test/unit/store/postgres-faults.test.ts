/** A Postgres that is killed, silent, locked, full of others or of another version: never a wrong answer, never a secret told. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setUpStore } from '../../../cli/parts/set-up-store.ts';
import { migrationNames } from '../../../store/migrations/run-migrations.ts';
import { openPostgresStore } from '../../../store/postgres/open-postgres-store.ts';
import type { PostgresLocation } from '../../../store/postgres/postgres-location.ts';
import { createPool } from '../../../store/postgres/postgres-pool.ts';
import { createPostgresSession, keyOf } from '../../../store/postgres/postgres-session.ts';
import { setUpPostgresStore } from '../../../store/postgres/set-up-postgres-store.ts';
import type { Store } from '../../../store/index.ts';
import { createDatabase, type PostgresDatabase } from '../../support/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import { until } from '../../support/until.ts';
import { claimOf, newScene, openRun, reservationOf } from './conformance/scene.ts';

let server: PostgresServer;
let database: PostgresDatabase;
beforeAll(async () => {
  server = await startPostgres({ settings: { log_statement: 'all' } });
  database = await createDatabase(server);
});
afterAll(async () => {
  await database.dispose();
  await server.stop();
});
const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

async function open(answerWithinMs = 3000, location = database.location): Promise<Store> {
  const store = await openPostgresStore({ location, answerWithinMs });
  leftovers.push(() => store.close());
  return store;
}

function openSession(answerWithinMs = 3000) {
  const pool = createPool(database.location, { connectWithinMs: 3000 });
  const session = createPostgresSession({ pool, answerWithinMs });
  leftovers.push(() => session.close());
  return session;
}

const unavailable = { code: 'store-unavailable' };

async function somebodyWaits(): Promise<void> {
  const waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted";
  await until('somebody to wait for a lock', async () => (await database.execute(waiting)).rows.length > 0);
}

describe('a server that goes away', () => {
  it('killed and started again is noticed by nobody who asks later, and has lost nothing', async () => {
    const store = await open();
    const scene = await openRun(store);
    await server.crash();
    await expect(store.getRun(scene.workflowId)).rejects.toMatchObject(unavailable);
    await server.start();
    expect((await store.getRun(scene.workflowId))?.workflowId).toBe(scene.workflowId);
  });

  it('killed in the middle of a transaction keeps none of it, and the work runs again on a new connection', async () => {
    const session = openSession(20_000);
    let attempts = 0;
    await session.write(async (queries) => {
      attempts += 1;
      await queries
        .insertInto('bodies')
        .values({ digest: `attempt ${attempts}`, text_json: '""' })
        .execute();
      if (attempts === 1) await server.crashAndRestart();
      await queries
        .insertInto('bodies')
        .values({ digest: `end ${attempts}`, text_json: '""' })
        .execute();
    });
    const rows = await session.read((queries) =>
      queries.selectFrom('bodies').select('digest').where('digest', 'like', '% _').orderBy('digest').execute(),
    );
    expect(rows.map(({ digest }) => digest)).toEqual(['attempt 2', 'end 2']);
  });

  it('that does not say whether it committed is unavailable, and the work is not done twice', async () => {
    // The commit fires a trigger that ends its own connection: what follows the commit is never heard.
    await database.execute(
      'create table cut (a int); create function cut() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$; create constraint trigger cut after insert on cut deferrable initially deferred for each row execute function cut()',
    );
    const session = openSession();
    let attempts = 0;
    const write = session.write(async (queries) => {
      attempts += 1;
      await queries
        .insertInto('cut' as 'bodies')
        .values({ a: 1 } as never)
        .execute();
    });
    await expect(write).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('whether it committed') as string,
    });
    expect(attempts).toBe(1);
    await database.execute('drop table cut; drop function cut');
  });

  it('that falls silent, as a cut network does, is given up in time', async () => {
    const store = await open(300);
    await store.ping();
    await server.freeze();
    try {
      await expect(store.ping()).rejects.toMatchObject(unavailable);
      await expect(store.claimTicket(claimOf(newScene()))).rejects.toMatchObject(unavailable);
    } finally {
      await server.thaw();
    }
    const again = await open();
    await again.ping();
  });

  it('closed store is unavailable, and closing twice is fine', async () => {
    const store = await openPostgresStore({ location: database.location });
    await store.close();
    await store.close();
    await expect(store.ping()).rejects.toMatchObject(unavailable);
  });
});

describe('locks', () => {
  it('held by another for too long make a write unavailable, and leave reads alone', async () => {
    const store = await open(300);
    const scene = await openRun(store);
    const holder = await database.connectAsOwner();
    await holder.query(`begin; select pg_advisory_xact_lock(${keyOf(`run ${scene.workflowId}`)})`);
    const close = { workflowId: scene.workflowId, linkRunId: scene.linkRunId, outcome: 'completed', now: 1 };
    await expect(store.closeRun(close)).rejects.toMatchObject(unavailable);
    expect((await store.getRun(scene.workflowId))?.closedAt).toBeNull();
    await openRun(store);
    await holder.end();
    await store.closeRun(close);
    expect((await store.getRun(scene.workflowId))?.closedAt).toBe(1);
  });

  it('of a process that stopped in its transaction are taken from it before others give up', async () => {
    const session = openSession();
    const store = await open();
    const scene = await openRun(store);
    const stopped = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let attempts = 0;
    const write = session.write(
      async (queries) => {
        attempts += 1;
        await queries.selectFrom('runs').select('workflow_id').limit(1).execute();
        begun.resolve();
        if (attempts === 1) await stopped.promise;
        await queries.updateTable('runs').set({ outcome: 'late' }).where('workflow_id', '=', 'none').execute();
      },
      { alone: [`run ${scene.workflowId}`] },
    );
    await begun.promise;
    await store.closeRun({ workflowId: scene.workflowId, linkRunId: scene.linkRunId, outcome: 'completed', now: 1 });
    stopped.resolve();
    await write.catch(() => undefined);
    expect((await store.getRun(scene.workflowId))?.outcome).toBe('completed');
  });

  it('a freeze that is being recorded is seen by a reservation that came before its commit', async () => {
    const store = await open();
    const scene = await openRun(store);
    const freezeEpoch = await store.freezeEpoch();
    const holder = await database.connectAsOwner();
    const sequence = 1_000_000;
    await holder.query(
      `begin; select pg_advisory_xact_lock(${keyOf('control')}); insert into control (sequence, kind, record) values (${sequence}, 'freeze', '{}')`,
    );
    const reserved = store.reserveFence(reservationOf(scene, scene.callKey(1), { freezeEpoch }));
    await somebodyWaits();
    await holder.query('commit');
    await holder.end();
    expect(await reserved).toEqual({ kind: 'frozen' });
  });

  it('of a write without a scope keep every other write out', async () => {
    const session = openSession();
    const store = await open();
    const order: string[] = [];
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const alone = session.write(async (queries) => {
      await queries.selectFrom('runs').select('workflow_id').limit(1).execute();
      begun.resolve();
      await goOn.promise;
      order.push('alone');
    });
    await begun.promise;
    const other = openRun(store).then(() => order.push('other'));
    await somebodyWaits();
    goOn.resolve();
    await Promise.all([alone, other]);
    expect(order).toEqual(['alone', 'other']);
  });

  it('in a circle are untied: one of two runs again, and both are done', async () => {
    const session = openSession();
    const names = ['left', 'right'];
    for (const digest of names)
      await session.write((queries) => queries.insertInto('bodies').values({ digest, text_json: '0' }).execute());
    const first = { left: Promise.withResolvers<void>(), right: Promise.withResolvers<void>() };
    const add = (from: 'left' | 'right', to: 'left' | 'right') =>
      session.write(
        async (queries) => {
          await queries.updateTable('bodies').set({ text_json: from }).where('digest', '=', from).execute();
          first[from].resolve();
          await first[to].promise;
          await queries.updateTable('bodies').set({ text_json: from }).where('digest', '=', to).execute();
        },
        { alone: [from] },
      );
    await Promise.all([add('left', 'right'), add('right', 'left')]);
    const rows = await session.read((queries) =>
      queries.selectFrom('bodies').select('text_json').where('digest', 'in', names).execute(),
    );
    expect(new Set(rows.map((row) => row.text_json)).size).toBe(1);
  });
});

describe('versions', () => {
  it('an empty database is refused with the remedy, and two that set it up at once make its tables once', async () => {
    const empty = await createDatabase(server, false);
    leftovers.push(() => empty.dispose());
    const refused = openPostgresStore({ location: empty.location });
    await expect(refused).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('countersign setup') as string,
    });
    const roles = { prefix: empty.location.database, passwords: {} };
    const made = await Promise.all([1, 2, 3].map(() => setUpPostgresStore(empty.location, { roles })));
    expect(made.map(({ before }) => before).toSorted()).toEqual(['none', 'same', 'same']);
    await (await open(3000, empty.location)).ping();
  });

  it.each([
    ["insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '')", 'newer'],
    ['delete from kysely_migration', 'older'],
  ])('after "%s" it is refused as %s, and left as it is', async (statement, word) => {
    const other = await createDatabase(server);
    leftovers.push(() => other.dispose());
    await other.execute(statement);
    const refused = { code: 'config-invalid', message: expect.stringContaining(word) as string };
    await expect(openPostgresStore({ location: other.location })).rejects.toMatchObject(refused);
    await expect(openPostgresStore({ location: other.roleLocations.agent })).rejects.toMatchObject(refused);
  });

  it('a set-up by an older program leaves a newer store as it is', async () => {
    const other = await createDatabase(server);
    leftovers.push(() => other.dispose());
    await other.execute("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '')");
    await expect(setUpPostgresStore(other.location)).rejects.toMatchObject({ code: 'config-invalid' });
    expect((await other.execute('select name from kysely_migration')).rows).toHaveLength(migrationNames.length + 1);
  });

  it('a set-up without the right to make roles is refused, and leaves nothing behind', async () => {
    const empty = await createDatabase(server, false);
    leftovers.push(() => empty.dispose());
    const { user, passwordFile } = database.roleLocations.agent;
    await empty.execute(`grant create on database ${empty.location.database} to ${user}`);
    const roles = { prefix: empty.location.database, passwords: {} };
    const setUp = setUpPostgresStore({ ...empty.location, user, passwordFile }, { roles });
    await expect(setUp).rejects.toMatchObject({ code: 'config-invalid' });
    const { rows } = await empty.execute("select 1 from pg_namespace where nspname = 'countersign'");
    expect(rows).toEqual([]);
  });
});

describe('secrets', () => {
  const password = randomBytes(18).toString('base64url');
  function fileWith(text: string, mode = 0o600): string {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-secret-'));
    leftovers.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'password'), text);
    chmodSync(join(folder, 'password'), mode);
    return join(folder, 'password');
  }

  it.each([
    ['a wrong password', () => ({ passwordFile: fileWith(`${password}\n`) })],
    ['no password', () => ({ passwordFile: null })],
    ['an unknown role', () => ({ user: 'nobody_here', passwordFile: fileWith(password) })],
    ['an unknown database', () => ({ database: 'nowhere' })],
    ['a file that others can read', () => ({ passwordFile: fileWith(password, 0o644) })],
    ['a file of two lines', () => ({ passwordFile: fileWith(`${password}\n${password}\n`) })],
    ['an empty file', () => ({ passwordFile: fileWith('\n') })],
    ['a file that is not there', () => ({ passwordFile: '/nowhere/password' })],
  ] as [string, () => Partial<PostgresLocation>][])('%s is refused, and no password is told', async (_, change) => {
    const location = { ...database.location, ...change() };
    const error: unknown = await openPostgresStore({ location }).catch((caught: unknown) => caught);
    expect(['config-invalid', 'store-unavailable']).toContain((error as { code?: unknown }).code);
    const told = inspect(error, { depth: 20, showHidden: true });
    expect(told).not.toContain(password);
    expect(told).not.toContain(readFileSync(database.location.passwordFile ?? '', 'utf8').trim());
  });

  it('a changed password counts from the next connection on, without a restart', async () => {
    const { user } = database.roleLocations.notify;
    const passwordFile = fileWith(password);
    await database.execute(`alter role ${user} password '${password}'`);
    const store = await open(3000, { ...database.roleLocations.notify, passwordFile });
    const next = randomBytes(18).toString('base64url');
    writeFileSync(passwordFile, next);
    await database.execute(
      `alter role ${user} password '${next}'; select pg_terminate_backend(pid) from pg_stat_activity where usename = '${user}'`,
    );
    expect(await store.getAsk('none')).toBeNull();
  });

  it('a statement that fails tells neither its values nor the row', async () => {
    const session = openSession();
    const error: unknown = await session
      .write((queries) =>
        queries
          .insertInto('bodies')
          .values({ digest: password, text_json: null as never })
          .execute(),
      )
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'internal-fault' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(password);
  });

  it('setup takes the roles’ passwords from files, and tells the server only what proves them', async () => {
    const other = await createDatabase(server, false);
    leftovers.push(() => other.dispose());
    const secret = randomBytes(18).toString('base64url');
    const folder = mkdtempSync(join(tmpdir(), 'countersign-passwords-'));
    leftovers.push(() => rmSync(folder, { recursive: true, force: true }));
    const config = { storeLocation: other.location, storeRolePrefix: other.location.database };
    await expect(setUpStore({ ...config, storeRolePasswords: folder })).rejects.toMatchObject({
      code: 'config-invalid',
    });
    writeFileSync(join(folder, 'agent'), `${secret}\n`, { mode: 0o600 });
    const made = await setUpStore({ ...config, storeRolePasswords: folder });
    expect(made).toMatchObject({ before: 'none', store: expect.stringContaining(other.location.database) as string });
    expect(server.log().includes('alter role')).toBe(true);
    expect(server.log().includes(secret)).toBe(false);
    const user = `${other.location.database}_agent`;
    await (await open(3000, { ...other.location, user, passwordFile: join(folder, 'agent') })).ping();
  });
});
