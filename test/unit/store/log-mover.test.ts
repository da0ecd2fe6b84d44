/** The log of a SQLite file is moved by a thread, begins anew, and stays bounded also where the thread cannot or may not. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogMover, type LogMover } from '../../../store/sqlite/log-mover.ts';

const frames = 40;
let folder: string;
let database: Database.Database;
let mover: LogMover;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-log-'));
  database = new Database(join(folder, 'store.db'));
  database.pragma('journal_mode = wal');
  database.exec('create table notes (text)');
});

afterEach(async () => {
  await mover.close();
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(path = join(folder, 'store.db'), isInPlace = true): void {
  mover = createLogMover(database, path, () => isInPlace, frames);
}

function write(count: number): void {
  for (let index = 0; index < count; index += 1) {
    database.prepare('insert into notes values (?)').run('x'.repeat(200));
    mover.wrote();
  }
}

function log(): { log: number; checkpointed: number } {
  const [row] = database.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[];
  return row ?? { log: -1, checkpointed: -1 };
}

test('a long log is moved to its end while nobody writes, and the next write begins it anew', async () => {
  open();
  write(frames);
  expect(log()).toMatchObject({ checkpointed: 0 });
  while (log().checkpointed < log().log) await turn();
  expect(log().log).toBeGreaterThan(frames);
  write(1);
  expect(log().log).toBeLessThan(frames);
  expect(database.prepare('select count(*) as count from notes').get()).toEqual({ count: frames + 1 });
});

test('after its end nothing has the file open but who opened it', async () => {
  open();
  write(frames);
  while (log().checkpointed === 0) await turn();
  await mover.close();
  database.close();
  expect(existsSync(join(folder, 'store.db-wal'))).toBe(false);
});

test('a process that never turns to the thread does not let the log grow without bound', async () => {
  open();
  let longest = 0;
  for (let index = 0; index < 6 * frames; index += 1) {
    write(1);
    longest = Math.max(longest, log().log);
  }
  expect(longest).toBeGreaterThan(frames);
  expect(longest).toBeLessThan(4 * frames);
});

test('where the thread cannot open the file, SQLite moves its log as ever', async () => {
  open(join(folder, 'other', 'store.db'));
  write(frames);
  while (database.pragma('wal_autocheckpoint', { simple: true }) !== frames) await turn();
  write(2 * frames);
  expect(log().log).toBeLessThan(2 * frames);
});

test('a file that was replaced is opened by no thread', async () => {
  open(join(folder, 'other', 'store.db'), false);
  write(frames);
  await mover.close();
  expect(database.pragma('wal_autocheckpoint', { simple: true })).toBe(3 * frames);
});

test('a thread whose work is done keeps no process alive, and is not waited for twice', async () => {
  open();
  write(frames);
  await mover.close();
  await mover.close();
  write(1);
  expect(log().log).toBeGreaterThan(0);
});
