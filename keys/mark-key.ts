/**
 * The key behind the marks of redaction: 32 random bytes that the workers of a deployment share, so that each gives the same
 * secret of a run the same mark. It signs nothing and is in no registry; whoever holds it can try guesses against marks.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyFolder, withFolderLock, writeWhole } from './key-folder.ts';
import { readRandomKey } from './random-key.ts';

/** Made on the first start. @throws {CountersignError} `key-unavailable`; what is there is never replaced */
export function loadOrCreateMarkKey(folder: string): Uint8Array {
  openKeyFolder(folder);
  const path = join(folder, 'marks.key');
  withFolderLock(folder, () => {
    if (!isThere(path)) writeWhole(path, `${randomBytes(32).toString('hex')}\n`, 0o600);
  });
  return readRandomKey(path);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
