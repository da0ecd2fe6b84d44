/**
 * One embedded engine per state folder. The lock is SQLite's own file lock: the kernel drops it when its holder dies,
 * however it dies, so there is no stale lock to judge and no process id to trust.
 */
import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { codeOf, CountersignError } from '../core/errors.ts';

export interface EngineLock {
  release(): void;
}

/** @throws CountersignError `conflict` when another engine, of this process or another, holds the folder */
export function lockStateFolder(stateFolder: string): EngineLock {
  const file = join(stateFolder, 'engine.lock');
  ownersAlone(file);
  const database = new Database(file, { timeout: 0 });
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

/** SQLite would make it readable by everybody. What is there is not opened: to close it again would drop this process's own lock on it. */
function ownersAlone(file: string): void {
  try {
    closeSync(openSync(file, constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    chmodSync(file, 0o600);
  }
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
