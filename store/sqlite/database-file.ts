/**
 * The database file: made for its owner alone, and refused when somebody else could have put it there or can read it.
 * Watched too: a file that is gone or was replaced would otherwise take writes that nobody ever reads.
 */
import { closeSync, constants, lstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CountersignError } from '../../core/errors.ts';

export interface DatabaseFile {
  /** Whether the path still names the file that was opened. */
  isInPlace(): boolean;
}

/** @throws CountersignError `config-invalid` when the file or its folder is not its owner's alone */
export function prepareDatabaseFile(file: string): DatabaseFile {
  const folder = dirname(resolve(file));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const folderState = statSync(folder);
  if ((folderState.mode & 0o022) !== 0 && !isSticky(folderState.mode))
    throw refused(file, 'others can write to its folder');
  createIfAbsent(file);
  const state = lstatSync(file);
  if (state.isSymbolicLink()) throw refused(file, 'it is a symbolic link');
  if (!state.isFile()) throw refused(file, 'it is not a file');
  if ((state.mode & 0o077) !== 0) throw refused(file, 'others can read or write it');
  if (process.getuid && state.uid !== process.getuid()) throw refused(file, 'it belongs to another user');
  return {
    isInPlace: () => {
      try {
        const now = statSync(file);
        return now.ino === state.ino && now.dev === state.dev;
      } catch {
        return false;
      }
    },
  };
}

/** In a sticky folder (a shared temporary one) only the owner can replace the file. */
function isSticky(mode: number): boolean {
  return (mode & 0o1000) !== 0;
}

function createIfAbsent(file: string): void {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
  try {
    closeSync(openSync(file, flags, 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function refused(file: string, found: string): CountersignError {
  return new CountersignError(
    'config-invalid',
    `Cannot open database "${file}": ${found}, expected a file of mode 0600 that is its user's alone; correct it or choose another path`,
  );
}
