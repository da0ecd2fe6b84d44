/**
 * Files of 32 random bytes, as 64 hex digits: keys that sign nothing and are in no registry. What others could read, or what is
 * something else, is refused; no message says anything of the content.
 */
import { unavailable } from './key-folder.ts';
import { readPrivateFile } from './private-key.ts';

/** And a line end where an editor left one. */
const form = /^[0-9a-fA-F]{64}\s{0,2}$/u;

/** @throws {CountersignError} `key-unavailable`: missing, a link, open to others, or something else than a key */
export function readRandomKey(path: string): Uint8Array {
  const action = `read key file "${path}"`;
  const text = readPrivateFile(path, action).toString('latin1');
  if (!form.test(text))
    throw unavailable(action, 'its content is something else', '64 hex digits ("openssl rand -hex 32")');
  return Uint8Array.from(Buffer.from(text.trim(), 'hex'));
}
