/** Passwords and keys given as files: refused when others may read them, and no message says anything of what they hold. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { codeOf, CountersignError } from '../../core/errors.ts';

const mostBytes = 64 * 1024;

/** @param secret false: certificates, which all may read. @throws CountersignError `config-invalid` */
export function readGivenFile(path: string, secret: boolean): string {
  let file: number;
  try {
    // O_NONBLOCK: a pipe in the file's place must not hang the process.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw refused(path, `it cannot be opened (${codeOf(error) ?? 'unknown fault'})`, 'a file of this user');
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw refused(path, 'it is no file', 'a file of this user');
    if (stats.size > mostBytes) throw refused(path, 'it is too large', 'at most 64 KiB');
    if (secret && (stats.mode & 0o077) !== 0) throw refused(path, 'others may read or write it', 'mode 0600 or 0400');
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** One line; the newline that editors add is not part of it. @throws CountersignError `config-invalid` */
export function readPassword(path: string): string {
  const password = readGivenFile(path, true).replace(/\r?\n$/u, '');
  // What SASLprep would change is refused rather than changed: both sides then mean the same password.
  if (!/^[\x20-\x7e]{1,1024}$/u.test(password)) {
    throw refused(path, 'it is empty or has other characters', 'one line of printable ASCII');
  }
  return password;
}

function refused(path: string, found: string, expected: string): CountersignError {
  return new CountersignError(
    'config-invalid',
    `Cannot use file "${path}": ${found}, expected ${expected}; correct it`,
  );
}
