/**
 * One embedded engine per state folder. The lock is SQLite's own file lock: the kernel drops it when its holder dies,
 * however it dies, so there is no stale lock to judge and no process id to trust.
 */
import { join } from 'node:path';
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
