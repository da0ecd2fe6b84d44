/**
 * One embedded engine per state folder. The lock is SQLite's own file lock: the kernel drops it when its holder dies,
 * however it dies, so there is no stale lock to judge and no process id to trust.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { CountersignError } from '../core/errors.ts';

export interface EngineLock {
  release(): void;
}

/** @throws CountersignError `conflict` when another engine, of this process or another, holds the folder */
export function lockStateFolder(stateFolder: string): EngineLock {
  const database = new Database(join(stateFolder, 'engine.lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error;
    throw new CountersignError(
      'conflict',
      `Cannot start an engine on state folder "${stateFolder}": another engine is running on it, expected none; ` +
        'use that one, or stop it first',
      { cause: error },
    );
  }
  return { release: () => void database.close() };
}

/** Between two tries, ms. */
const tryEveryMs = 200;

/**
 * The same, after a while: a command that only reads starts an engine for itself and ends it soon.
 *
 * @param waitMs how long at most; 0: not at all
 * @param onWait told once, when there is something to wait for
 * @throws CountersignError `conflict` when the folder is still held then
 */
export async function lockWhenFree(stateFolder: string, waitMs: number, onWait: () => void): Promise<EngineLock> {
  for (let leftMs = waitMs; ; leftMs -= tryEveryMs) {
    try {
      return lockStateFolder(stateFolder);
    } catch (error) {
      if (leftMs <= 0 || !(error instanceof CountersignError)) throw error;
      if (leftMs === waitMs) onWait();
      await delay(tryEveryMs);
    }
  }
}
