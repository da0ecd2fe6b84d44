/**
 * Rotation and revocation. Each step leaves a state that works should the process die right after it; a revocation is
 * never taken back, and no entry is ever removed, or old signatures would lose their key.
 */
import { dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Domain, RegistryKey } from '../core/contracts/envelope.ts';
import { CountersignError } from '../core/errors.ts';
import { kidOf, rawPublicKey } from './ed25519.ts';
import { openKeyFolder, withFolderLock } from './key-folder.ts';
import { newRegistryKey, privateKeyPath, registryPath } from './load-or-create-keys.ts';
import { generatePrivateKey, readPrivateKey, writePrivateKey } from './private-key.ts';
import { readRegistry, writeRegistry } from './registry-file.ts';

export interface RotateOptions {
  folder: string;
  domain: Domain;
  clock: Clock;
  /** How long processes that still hold the old key may go on signing, ms. @default 3_600_000 */
  overlapMs?: number;
}

/**
 * Makes a new key for a domain and ends the time of the one in use. Running processes take the new one at their next start.
 * @returns the new key's id
 * @throws {CountersignError} `key-unavailable`
 */
export async function rotateKey({ folder, domain, clock, overlapMs = 3_600_000 }: RotateOptions): Promise<string> {
  openKeyFolder(folder);
  return withFolderLock(folder, () => {
    const path = registryPath(folder);
    const now = clock.now();
    const oldKid = kidOf(domain, rawPublicKey(readPrivateKey(privateKeyPath(folder, domain))));
    const key = generatePrivateKey();
    const entry = newRegistryKey(domain, key, now);
    const registered = [...readRegistry(path), entry];
    writeRegistry(path, registered);
    writePrivateKey(privateKeyPath(folder, domain), key);
    writeRegistry(
      path,
      registered.map((old) => (old.kid === oldKid ? endAt(old, now + overlapMs) : old)),
    );
    return entry.kid;
  });
}

/**
 * From the next check on, everything the key ever signed fails every live check.
 * @throws {CountersignError} `not-found` for an unknown key, `key-unavailable`
 */
export async function revokeKey(options: { registryFile: string; kid: string; clock: Clock }): Promise<void> {
  const { registryFile, kid, clock } = options;
  withFolderLock(dirname(registryFile), () => {
    const keys = readRegistry(registryFile);
    if (!keys.some((key) => key.kid === kid)) {
      throw new CountersignError(
        'not-found',
        'Cannot revoke a key: the registry does not know it, expected a registered key id',
      );
    }
    writeRegistry(
      registryFile,
      keys.map((key) => (key.kid === kid ? { ...key, revokedAt: key.revokedAt ?? clock.now() } : key)),
    );
  });
}

function endAt(key: RegistryKey, to: number): RegistryKey {
  return { ...key, to: key.to === null ? to : Math.min(key.to, to) };
}
