/** Several real processes on one file, and processes that are killed in the middle of their transactions. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type Store } from '../../../store/index.ts';
import { gate, openRun } from './conformance/scene.ts';

const child = fileURLToPath(new URL('child.ts', import.meta.url));
const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  leftovers.push(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store.db');
}

async function open(file: string): Promise<Store> {
  const store = await openSqliteStore({ file, busyTimeoutMs: 20_000 });
  leftovers.push(() => store.close());
  return store;
}

function run(file: string, mode: string, number: number, environment: Record<string, string> = {}): ChildProcess {
  const started = spawn(process.execPath, [child, file, mode, String(number)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  leftovers.push(() => started.kill('SIGKILL'));
  return started;
}

async function linesOf(started: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  if (started.stdout) for await (const line of createInterface({ input: started.stdout })) lines.push(line);
  return lines;
}

describe('store of several processes', () => {
  it('makes its tables once when processes open a new file at once', async () => {
    const file = freshFile();
    const started = [1, 2, 3].map((number) => run(file, 'open', number));
    const codes = await Promise.all(started.map(async (one) => ((await once(one, 'exit')) as [number | null])[0]));
    expect(codes).toEqual([0, 0, 0]);
  }, 60_000);

  it('keeps a limit over two processes that call at once', async () => {
    const file = freshFile();
    const store = await open(file);
    const scene = await openRun(store);
    const started = [0, 100].map((offset) => run(file, 'admit', scene.number, { CALL_OFFSET: String(offset) }));
    const results = (await Promise.all(started.map(linesOf))).flat();
    expect(results.filter((result) => result === 'recorded')).toHaveLength(10);
    expect(results.filter((result) => result === 'over-limit')).toHaveLength(22);
    expect((await gate(store, scene, scene.callKey(1))).admitted.run).toBe(10);
  }, 60_000);

  it.each([1, 25, 60])(
    'killed after %i effects loses no committed row and leaves no half transaction',
    async (count) => {
      const file = freshFile();
      const store = await open(file);
      const scene = await openRun(store);
      const started = run(file, 'write-forever', scene.number);
      const committed: string[] = [];
      if (started.stdout) {
        for await (const line of createInterface({ input: started.stdout })) {
          committed.push(line);
          if (committed.length === count) started.kill('SIGKILL');
        }
      }
      expect(committed.length).toBeGreaterThanOrEqual(count);
      for (const callKey of committed) expect((await store.getFence(callKey, 1))?.state).toBe('consumed');
      const raw = new Database(file, { readonly: true });
      const tally = (sql: string) => raw.prepare(sql).pluck().get();
      const consumed = tally("select count(*) from fences where state = 'consumed'");
      expect(tally('select count(*) from receipts')).toBe(consumed);
      expect(tally('select count(*) from labels')).toBe(consumed);
      expect(tally("select count(*) from ledger where kind = 'receipt'")).toBe(consumed);
      expect(tally("select count(*) from ledger where kind = 'intent'")).toBe(tally('select count(*) from fences'));
      expect(tally('select max(sequence) from ledger')).toBe(tally("select value from counters where name = 'ledger'"));
      expect(raw.pragma('integrity_check', { simple: true })).toBe('ok');
      raw.close();
      const next = await openRun(store);
      expect(await store.getRun(next.workflowId)).not.toBeNull();
    },
    60_000,
  );

  it('killed with a transaction open leaves none of it and no lock', async () => {
    const file = freshFile();
    const store = await open(file);
    const scene = await openRun(store);
    const started = run(file, 'hang', scene.number);
    await once(createInterface({ input: started.stdout! }), 'line');
    started.kill('SIGKILL');
    await once(started, 'exit');
    expect(await store.listDecisions(scene.workflowId)).toEqual([]);
    expect(await store.freezeEpoch()).toBe(0);
    await openRun(store);
  }, 60_000);
});
