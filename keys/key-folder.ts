/**
 * The key folder on disk: 0700, one lock, files that appear whole or not at all. What others could have read or
 * replaced is refused, and no message says anything of a file's content.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, CountersignError } from '../core/errors.ts';

/** Makes the folder (0700) when it is missing. @throws {CountersignError} `key-unavailable` when others may enter it */
export function openKeyFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unavailable(
      `make key folder "${folder}"`,
      `it failed (${codeOf(error) ?? 'unknown fault'})`,
      'a folder of this user',
      error,
    );
  }
  requireKeyFolder(folder);
}

/** Changes nothing. @throws {CountersignError} `key-unavailable` when others may enter it */
export function requireKeyFolder(folder: string): void {
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) {
    throw unavailable(`use key folder "${folder}"`, 'it is no folder or a symbolic link', 'a folder');
  }
  requirePrivate(stats, `use key folder "${folder}"`, '0700');
}

/** Neither group nor world may do anything with it, and it belongs to this user or to root. */
export function requirePrivate(stats: Stats, action: string, mode: string): void {
  if ((stats.mode & 0o077) !== 0) {
    const found = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    throw unavailable(action, `its mode is ${found}`, `${mode}; take the permissions of group and world away`);
  }
  const user = process.geteuid?.();
  if (user !== undefined && stats.uid !== user && stats.uid !== 0) {
    throw unavailable(action, 'it belongs to another user', 'one of this user');
  }
}

/**
 * Runs work that no other process does at the same time in this folder. The lock is SQLite's file lock: the kernel drops
 * it when its holder dies. The work is synchronous, so that two callers in one process cannot wait for each other.
 */
export function withFolderLock<T>(folder: string, work: () => T): T {
  const database = lock(join(folder, '.lock'));
  try {
    removeLeftovers(folder);
    return work();
  } finally {
    database.close();
  }
}

/** Writes a file and moves it into place, so that no reader and no crash ever sees half of it. */
export function writeWhole(path: string, text: string, mode: number): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  try {
    const file = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw unavailable(
      `write "${path}"`,
      `it failed (${codeOf(error) ?? 'unknown fault'})`,
      'a folder that can be written',
      error,
    );
  }
}

/** @param action without "Cannot" */
export function unavailable(action: string, is: string, expected: string, cause?: unknown): CountersignError {
  return new CountersignError('key-unavailable', `Cannot ${action}: ${is}, expected ${expected}`, { cause });
}

function lock(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 10_000 });
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    throw unavailable(
      `lock "${path}"`,
      `it failed (${codeOf(error) ?? 'unknown fault'})`,
      'a lock within 10 s; end the other process',
      error,
    );
  }
}

/** A process that was killed while writing left these; some hold a private key that nobody will ever use. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (/^\.[0-9a-f-]{36}\.tmp$/.test(name)) rmSync(join(folder, name), { force: true });
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
