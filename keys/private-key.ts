/**
 * Private key files: PKCS8 PEM, 0600, not reached through a symbolic link. The text is read into a KeyObject and
 * dropped; no error, log or return value carries it.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { rawPublicKey } from './ed25519.ts';
import { codeOf } from '../core/errors.ts';
import { requirePrivate, unavailable, writeWhole } from './key-folder.ts';

const maximumBytes = 4096;

export function generatePrivateKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

/** The caller holds the folder's lock. */
export function writePrivateKey(path: string, key: KeyObject): void {
  writeWhole(path, key.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
}

/** @throws {CountersignError} `key-unavailable`: missing, a link, open to others, or no Ed25519 key */
export function readPrivateKey(path: string): KeyObject {
  const action = `read key file "${path}"`;
  const pem = readPrivateFile(path, action);
  try {
    const key = createPrivateKey({ key: pem, format: 'pem' });
    rawPublicKey(key);
    return key;
  } catch {
    // The cause is left out on purpose: a parser's message may quote what it could not parse.
    throw unavailable(action, 'its content is something else', 'an Ed25519 private key (PKCS8 PEM, no passphrase)');
  }
}

/** @param action for the error's words @throws {CountersignError} `key-unavailable` */
export function readPrivateFile(path: string, action: string): Buffer {
  let file: number;
  try {
    // O_NONBLOCK: a pipe put in the file's place must not hang the process.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const is =
      codeOf(error) === 'ELOOP' ? 'it is a symbolic link' : `it cannot be opened (${codeOf(error) ?? 'unknown fault'})`;
    throw unavailable(action, is, 'a file of mode 0600', error);
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw unavailable(action, 'it is no file', 'a file of mode 0600');
    requirePrivate(stats, action, '0600');
    if (stats.size > maximumBytes) throw unavailable(action, 'it is too large', 'a PEM file');
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
