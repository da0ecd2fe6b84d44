/**
 * The key of the person whose machine this is: made by the embedded start, kept in a file that only its owner can read.
 * It is a key like any other: recorded, expiring, revocable. A file that others could read is replaced and its key revoked.
 */
import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { scopeSchema } from '../client/gateway-schemas.ts';
import { CountersignError, messageOf } from '../core/errors.ts';
import { appendOrder, type ControlWriter } from './control-records.ts';
import { checkKey } from './credentials.ts';
import { mintApiKey } from './mint-api-key.ts';

export interface LocalKeyOptions extends ControlWriter {
  stateFolder: string;
  /** @default ['admin'] */
  roles?: string[];
  /** @default the system's user name, made fit */
  principal?: string;
}

export interface LocalKey {
  apiKey: string;
  principal: string;
  path: string;
  /** False: the file's key still stood. */
  made: boolean;
}

const lifeMs = 366 * 86_400_000;
/** A key that ends sooner than this is replaced at the next start, ms. */
const renewBeforeMs = 30 * 86_400_000;
const othersMayUse = 0o077;

/** @throws {CountersignError} `config-invalid` when the file cannot be written, `key-unavailable`, `store-unavailable` */
export async function ensureLocalKey(options: LocalKeyOptions): Promise<LocalKey> {
  const path = localKeyPath(options.stateFolder);
  const found = await readKeyFile(path);
  const check = found ? await checkKey(options, found.apiKey) : undefined;
  if (found && check?.kind === 'valid') {
    const { credential } = check;
    const lasts = credential.expiresAt > options.clock.now() + renewBeforeMs;
    if (found.isPrivate && lasts) return { apiKey: found.apiKey, principal: credential.principal, path, made: false };
    const by = credential.principal;
    await appendOrder(options, { kind: 'api-key-revocation', keyId: credential.keyId, by });
  }
  const principal = options.principal ?? principalOfUser();
  const { apiKey } = await mintApiKey(options, {
    principal,
    roles: options.roles ?? ['admin'],
    person: true,
    scopes: [...scopeSchema.options],
    expiresAt: options.clock.now() + lifeMs,
    mintedBy: principal,
  });
  await writeKeyFile(options.stateFolder, path, apiKey);
  return { apiKey, principal, path, made: true };
}

export function localKeyPath(stateFolder: string): string {
  return join(stateFolder, 'api-key');
}

async function readKeyFile(path: string): Promise<{ apiKey: string; isPrivate: boolean } | undefined> {
  try {
    const status = await lstat(path);
    if (!status.isFile() || status.size > 200) return undefined;
    const isPrivate = (status.mode & othersMayUse) === 0 && status.uid === (process.getuid?.() ?? status.uid);
    return { apiKey: (await readFile(path, 'utf8')).trim(), isPrivate };
  } catch {
    return undefined;
  }
}

/** Whole or not at all, and never through a link that somebody laid there. */
async function writeKeyFile(stateFolder: string, path: string, apiKey: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await mkdir(stateFolder, { recursive: true, mode: 0o700 });
    await writeFile(temporary, `${apiKey}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new CountersignError(
      'config-invalid',
      `Cannot write "${path}": ${messageOf(error)}, expected a folder that its owner can write; correct its mode`,
      { cause: error },
    );
  }
}

function principalOfUser(): string {
  const name = userName()
    .replaceAll(/[^A-Za-z0-9._@:+-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 200);
  return name === '' ? 'local' : name;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
