/**
 * Keys in a folder, made on the first start. A public key is registered before its private key appears, so a crash in
 * between leaves a key that nobody holds, and a private key that is not in the registry is never trusted.
 */
import type { KeyObject } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { type Domain, domains as allDomains, type RegistryKey } from '../core/contracts/envelope.ts';
import { kidOf, rawPublicKey } from './ed25519.ts';
import { codeOf } from '../core/errors.ts';
import { openKeyFolder, unavailable, withFolderLock } from './key-folder.ts';
import { type KeySet, keySetOf } from './key-set.ts';
import { type KeyFiles, loadKeysFromFiles } from './load-keys-from-files.ts';
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
    const files = new Map(domains.map((domain) => [domain, privateKeyPath(folder, domain)]));
    const mayBeFirst = (): boolean => allDomains.every((domain) => !exists(privateKeyPath(folder, domain)));
    withFolderLock(folder, () => createMissing(registryPath(folder), files, mayBeFirst, clock.now()));
  }
  const privateKeys = new Map<Domain, KeyObject>();
  for (const domain of domains) privateKeys.set(domain, readPrivateKey(privateKeyPath(folder, domain)));
  return keySetOf(openRegistry(registryPath(folder)), privateKeys, clock);
}

/**
 * Makes what is missing of a deployment's keys, each at the path where the process that signs with it will find it. What is
 * there is never replaced; the folders are made for their owner only.
 * @returns the domains whose key was made
 * @throws {CountersignError} `key-unavailable`, also for a key that the registry does not know
 */
export async function createKeyFiles({ registryFile, privateKeyFiles, clock }: KeyFiles): Promise<Domain[]> {
  const files = new Map(Object.entries(privateKeyFiles) as [Domain, string][]);
  const folder = dirname(resolve(registryFile));
  for (const one of new Set([folder, ...[...files.values()].map((path) => dirname(resolve(path)))])) openKeyFolder(one);
  const mayBeFirst = (): boolean => [...files.values()].every((path) => !exists(path));
  const made = withFolderLock(folder, () => createMissing(registryFile, files, mayBeFirst, clock.now()));
  await loadKeysFromFiles({ registryFile, privateKeyFiles, clock });
  return made;
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

/** The caller holds the lock of the registry's folder. @param mayBeFirst no key is there that a lost registry knew */
function createMissing(
  registry: string,
  files: ReadonlyMap<Domain, string>,
  mayBeFirst: () => boolean,
  now: number,
): Domain[] {
  const created = [...files]
    .filter(([, path]) => !exists(path))
    .map(([domain, path]) => ({ domain, path, key: generatePrivateKey() }));
  if (created.length === 0) return [];
  const registered = exists(registry) ? readRegistry(registry) : firstRegistry(registry, mayBeFirst());
  writeRegistry(registry, [...registered, ...created.map(({ domain, key }) => newRegistryKey(domain, key, now))]);
  for (const { path, key } of created) writePrivateKey(path, key);
  return created.map(({ domain }) => domain);
}

/** Keys without a registry mean that it was lost, and every revocation with it: no fresh one takes its place. */
function firstRegistry(path: string, mayBeFirst: boolean): RegistryKey[] {
  if (mayBeFirst) return [];
  throw unavailable(
    `read key registry "${path}"`,
    'it is missing beside keys',
    'the registry of these keys; restore it',
  );
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
