/**
 * Keys in a folder, made on the first start. A public key is registered before its private key appears, so a crash in
 * between leaves a key that nobody holds, and a private key that is not in the registry is never trusted.
 */
import type { KeyObject } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { type Domain, domains as allDomains, type RegistryKey } from '../core/contracts/envelope.ts';
import { kidOf, rawPublicKey } from './ed25519.ts';
import { codeOf } from '../core/errors.ts';
import { openKeyFolder, unavailable, withFolderLock } from './key-folder.ts';
import { type KeySet, keySetOf } from './key-set.ts';
import { generatePrivateKey, readPrivateKey, writePrivateKey } from './private-key.ts';
import { openRegistry, readRegistry, writeRegistry } from './registry-file.ts';

/** A new key counts from this much earlier, ms: another machine's clock may be behind by the clock bound. */
const clockBoundMs = 10_000;

export interface LoadOrCreateOptions {
  /** Made with mode 0700 when missing. */
  folder: string;
  /** Whose private keys this process holds; keys of other domains are neither made nor read. */
  domains: readonly Domain[];
  clock: Clock;
}

/**
 * Safe against several processes at once: all end with the same keys.
 * @throws {CountersignError} `key-unavailable` when something there cannot be trusted; it is never replaced
 */
export async function loadOrCreateKeys({ folder, domains, clock }: LoadOrCreateOptions): Promise<KeySet> {
  openKeyFolder(folder);
  if (domains.some((domain) => !exists(privateKeyPath(folder, domain)))) {
    withFolderLock(folder, () => createMissing(folder, domains, clock.now()));
  }
  const privateKeys = new Map<Domain, KeyObject>();
  for (const domain of domains) privateKeys.set(domain, readPrivateKey(privateKeyPath(folder, domain)));
  return keySetOf(openRegistry(registryPath(folder)), privateKeys, clock);
}

export function registryPath(folder: string): string {
  return join(folder, 'registry.json');
}

export function privateKeyPath(folder: string, domain: Domain): string {
  return join(folder, `${domain}.key`);
}

/** A registry entry of a key that was just made. */
export function newRegistryKey(domain: Domain, key: KeyObject, now: number): RegistryKey {
  const publicKey = rawPublicKey(key);
  const from = Math.max(0, now - clockBoundMs);
  return { kid: kidOf(domain, publicKey), domain, publicKey, from, to: null, revokedAt: null };
}

function createMissing(folder: string, domains: readonly Domain[], now: number): void {
  const missing = [...new Set(domains)].filter((domain) => !exists(privateKeyPath(folder, domain)));
  const created = missing.map((domain) => ({ domain, key: generatePrivateKey() }));
  const path = registryPath(folder);
  const registered = exists(path) ? readRegistry(path) : firstRegistry(folder, path);
  writeRegistry(path, [...registered, ...created.map(({ domain, key }) => newRegistryKey(domain, key, now))]);
  for (const { domain, key } of created) writePrivateKey(privateKeyPath(folder, domain), key);
}

/** Keys without a registry mean that it was lost, and every revocation with it: no fresh one takes its place. */
function firstRegistry(folder: string, path: string): RegistryKey[] {
  if (allDomains.some((domain) => exists(privateKeyPath(folder, domain)))) {
    throw unavailable(
      `read key registry "${path}"`,
      'it is missing beside keys',
      'the registry of these keys; restore it',
    );
  }
  return [];
}

/** A dangling symbolic link exists too: it must be refused, not replaced. */
function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw unavailable(
      `look at "${path}"`,
      `it failed (${codeOf(error) ?? 'unknown fault'})`,
      'a readable key folder',
      error,
    );
  }
}
