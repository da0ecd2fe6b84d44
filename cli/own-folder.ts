/**
 * The state folder must be of the user who runs the program, root included: with what is in it another user could say what
 * root runs, where root's commands go, and as whom.
 */
import { stat } from 'node:fs/promises';
import { CountersignError, messageOf } from '../core/errors.ts';

/** Of a command that only reads from it; one that is not there is nobody's. @throws {CountersignError} `config-invalid` */
export async function refuseForeignFolder(stateFolder: string): Promise<void> {
  try {
    await requireOwner(stateFolder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unusableState(stateFolder, error);
  }
}

/** @throws {Error} also where it cannot be looked at */
export async function requireOwner(folder: string): Promise<void> {
  const { uid } = await stat(folder);
  if (uid !== (process.geteuid?.() ?? uid)) throw new Error('it belongs to another user');
}

export function unusableState(stateFolder: string, error: unknown): CountersignError {
  return new CountersignError(
    'config-invalid',
    `Cannot use state folder "${stateFolder}": ${messageOf(error)}, expected a folder of this user; choose another with --state`,
    { cause: error },
  );
}
