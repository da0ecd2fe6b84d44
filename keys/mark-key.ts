/**
 * The key behind the marks of redaction: 32 random bytes that the workers of a deployment share, so that each gives the same
 * secret of a run the same mark. It signs nothing and is in no registry; whoever holds it can try guesses against marks.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { openKeyFolder, unavailable, withFolderLock, writeWhole } from './key-folder.ts';
import { readPrivateFile } from './private-key.ts';

/** As a file: 64 hex digits, and a line end where an editor left one. */
const form = /^[0-9a-fA-F]{64}\s{0,2}$/u;

/** Made on the first start. @throws {CountersignError} `key-unavailable`; what is there is never replaced */
export function loadOrCreateMarkKey(folder: string): Uint8Array {
  openKeyFolder(folder);
  const path = join(folder, 'marks.key');
  withFolderLock(folder, () => {
    if (!isThere(path)) writeWhole(path, `${randomBytes(32).toString('hex')}\n`, 0o600);
  });
  return readMarkKey(path);
}

/** @throws {CountersignError} `key-unavailable`: missing, a link, open to others, or something else than a key */
export function readMarkKey(path: string): Uint8Array {
  const action = `read key file "${path}"`;
  const text = readPrivateFile(path, action).toString('latin1');
  if (!form.test(text))
    throw unavailable(action, 'its content is something else', '64 hex digits ("openssl rand -hex 32")');
  return Uint8Array.from(Buffer.from(text.trim(), 'hex'));
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
