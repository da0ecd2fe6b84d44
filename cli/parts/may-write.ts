/** Whether this user may write in a folder: an auditor is often given one on a medium that is read-only. It writes nothing. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { codeOf, CountersignError } from '../../core/errors.ts';

/** @returns the system's code of why not, such as `EROFS`; undefined where it may */
export async function whyNotWritable(folder: string): Promise<string | undefined> {
  try {
    await access(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    return codeOf(error) ?? 'unknown fault';
  }
}

/**
 * For what reads a record and whose readers write beside it: the engine's database, SQLite's log.
 *
 * @throws {CountersignError} `config-invalid`
 */
export async function requireWritable(folder: string, what: string, remedy: string): Promise<void> {
  const code = await whyNotWritable(folder);
  if (code === undefined) return;
  throw new CountersignError(
    'config-invalid',
    `Cannot read ${what} in "${folder}": the folder cannot be written (${code}), expected one that can, since its database writes beside what it reads; copy the state folder to where you may write and name that with --state${remedy}`,
  );
}
