/**
 * Replaces a file that somebody wrote by hand: the new text whole or the old one, whatever stops the program in between. Mode and
 * links stay; a file that its user may not write is left alone.
 */
import { randomUUID } from 'node:crypto';
import { access, constants, realpath, rename, rm, stat, writeFile, chmod } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CountersignError, messageOf } from '../../core/errors.ts';

/** @throws {CountersignError} `input-invalid` */
export async function replaceFile(given: string, text: string): Promise<void> {
  let temporary: string | undefined;
  try {
    // Through a link, so that the link stays one.
    const path = await realpath(given);
    await access(path, constants.W_OK);
    const { mode } = await stat(path);
    temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomUUID()}.tmp`);
    await writeFile(temporary, text, { flag: 'wx' });
    await chmod(temporary, mode & 0o7777);
    await rename(temporary, path);
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    throw cannotWrite(given, error);
  }
}

export function cannotWrite(path: string, error: unknown): CountersignError {
  return new CountersignError(
    'input-invalid',
    `Cannot write "${path}": ${messageOf(error)}, expected a place that may be written; correct its path or mode`,
    { cause: error },
  );
}
