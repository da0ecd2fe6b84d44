/** Several real processes on one Postgres, and a server that is killed under them: one winner each, nothing committed lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../store/index.ts';
import { openPostgresStore } from '../../../store/postgres/open-postgres-store.ts';
import { createDatabase, type PostgresDatabase } from '../../support/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import { gate, openRun } from './conformance/scene.ts';

const child = fileURLToPath(new URL('child.ts', import.meta.url));
let server: PostgresServer;
let database: PostgresDatabase;
let store: Store;
beforeAll(async () => {
  server = await startPostgres();
  database = await createDatabase(server);
  store = await openPostgresStore({ location: database.location, answerWithinMs: 20_000 });
});
afterAll(async () => {
  await store.close();
  await database.dispose();
  await server.stop();
});
const leftovers: (() => unknown)[] = [];
afterEach(() => {
  for (const clean of leftovers.splice(0)) clean();
});

function run(mode: string, number: number, environment: Record<string, string> = {}) {
  const { user, host, port, database: name, passwordFile } = database.location;
  const started = spawn(process.execPath, [child, `postgres://${user}@${host}:${port}/${name}`, mode, String(number)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], PASSWORD_FILE: passwordFile ?? '', ...environment },
  });
  leftovers.push(() => started.kill('SIGKILL'));
  return started;
}

async function linesOf({ stdout }: ReturnType<typeof run>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stdout })) lines.push(line);
  return lines;
}

describe('Postgres store of several processes', () => {
  it('keeps a limit over processes that call at once', async () => {
    const scene = await openRun(store);
    const started = [0, 100, 200].map((offset) => run('admit', scene.number, { CALL_OFFSET: String(offset) }));
    const results = (await Promise.all(started.map(linesOf))).flat();
    expect(results.filter((result) => result === 'recorded')).toHaveLength(10);
    expect(results.filter((result) => result === 'over-limit')).toHaveLength(38);
    expect((await gate(store, scene, scene.callKey(1))).admitted.run).toBe(10);
  }, 60_000);

  it('gives each call to one of the processes that want it', async () => {
    const scene = await openRun(store);
    const won = (await Promise.all([1, 2, 3].map(() => linesOf(run('reserve', scene.number))))).flat();
    expect(won.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  }, 60_000);

  it('killed with a transaction open leaves none of it and no lock', async () => {
    const before = (await store.listControl(['freeze'])).length;
    const started = run('hang', (await openRun(store)).number);
    await once(createInterface({ input: started.stdout }), 'line');
    started.kill('SIGKILL');
    await once(started, 'exit');
    await openRun(store);
    expect(await store.listControl(['freeze'])).toHaveLength(before);
  }, 60_000);

  it('a server that is killed has lost nothing that was said, and holds no half of it', async () => {
    const count = 40;
    const scenes = [await openRun(store), await openRun(store)];
    const writers = scenes.map((scene) => run('write-until-lost', scene.number));
    const said: string[] = [];
    await Promise.all(
      writers.map(async ({ stdout }) => {
        for await (const line of createInterface({ input: stdout })) {
          said.push(line);
          if (said.length === count) await server.crashAndRestart();
          // A writer that does not fall into the gap of the restart writes on: it has been outlived often enough.
          if (said.length >= count + 200) for (const writer of writers) writer.kill('SIGKILL');
        }
      }),
    );
    expect(said.length).toBeGreaterThanOrEqual(count);
    for (const callKey of said) expect((await store.getFence(callKey, 1))?.state).toBe('consumed');
    const tally = async (query: string): Promise<number> => Number((await database.execute(query)).rows[0]?.n);
    const consumed = await tally("select count(*) n from fences where state = 'consumed'");
    expect(await tally('select count(*) n from receipts')).toBe(consumed);
    expect(await tally('select count(*) n from labels')).toBe(consumed);
    expect(await tally("select count(*) n from ledger where kind = 'receipt'")).toBe(consumed);
    expect(await tally("select count(*) n from ledger where kind = 'intent'")).toBe(
      await tally('select count(*) n from fences'),
    );
    expect(await tally('select max(sequence) n from ledger')).toBe(
      await tally("select value n from counters where name = 'ledger'"),
    );
    expect(await tally('select count(*) n from ledger')).toBe(
      await tally("select value n from counters where name = 'ledger'"),
    );
  }, 60_000);
});
