/**
 * Secrets given as files (`…_FILE`), as container platforms mount them. A file that is written anew is read anew; one that
 * is away or empty for a moment leaves the last good value in force. No message holds anything of a file's content.
 */
import { readFileSync, statSync } from 'node:fs';
import { codeOf, CountersignError } from '../core/errors.ts';

export interface SecretSource {
  /** The secret as it is now. */
  current(): string;
}

const maximumBytes = 64 * 1024;

/** The text without the line's end that editors and `echo` leave. @throws {CountersignError} `config-invalid` naming the variable */
export function readSecretFile(variable: string, path: string): string {
  let text: string;
  try {
    if (statSync(path).size > maximumBytes) throw invalid(variable, 'is larger than 64 KiB', 'one secret');
    text = readFileSync(path, 'utf8').replace(/\r?\n$/u, '');
  } catch (error) {
    if (error instanceof CountersignError) throw error;
    throw invalid(variable, `cannot be read (${codeOf(error) ?? 'unknown fault'})`, 'a file that this user may read');
  }
  if (text === '') throw invalid(variable, 'is empty', 'one secret');
  if (/[\r\n\0]/u.test(text)) throw invalid(variable, 'has several lines', 'one secret on one line');
  return text;
}

/** Looked at whenever it is asked for: a stat costs microseconds. @throws {CountersignError} `config-invalid` at the start only */
export function openSecretFile(variable: string, path: string): SecretSource {
  let state = stateOf(path);
  let secret = readSecretFile(variable, path);
  return {
    current() {
      const found = stateOf(path);
      if (found === state || found === undefined) return secret;
      try {
        secret = readSecretFile(variable, path);
        state = found;
      } catch {
        // Half of a rotation: the next look finds the rest.
      }
      return secret;
    },
  };
}

/** Kubernetes swaps a link to a folder: the inode tells, and the times of a file written in place. */
function stateOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}/${found.size}/${found.mtimeNs}/${found.ctimeNs}`;
}

function invalid(variable: string, is: string, expected: string): CountersignError {
  return new CountersignError(
    'config-invalid',
    `Cannot read the settings: the file of "${variable}" ${is}, expected ${expected}; correct it`,
  );
}
