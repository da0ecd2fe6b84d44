/**
 * Keys of a production process: made elsewhere, given as file paths. Nothing is created here, and what is missing
 * stops the start with the name of its variable.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Domain } from '../core/contracts/envelope.ts';
import { CountersignError } from '../core/errors.ts';
import { type KeySet, keySetOf } from './key-set.ts';
import { readPrivateKey } from './private-key.ts';
import { openRegistry } from './registry-file.ts';

export const registryVariable = 'COUNTERSIGN_KEY_REGISTRY_FILE';

export interface KeyFiles {
  registryFile: string;
  privateKeyFiles: Readonly<Partial<Record<Domain, string>>>;
  clock: Clock;
}

/** @throws {CountersignError} `key-unavailable` */
export async function loadKeysFromFiles({ registryFile, privateKeyFiles, clock }: KeyFiles): Promise<KeySet> {
  const privateKeys = new Map<Domain, KeyObject>();
  for (const [domain, path] of Object.entries(privateKeyFiles) as [Domain, string][]) {
    privateKeys.set(domain, readPrivateKey(path));
  }
  return keySetOf(openRegistry(registryFile), privateKeys, clock);
}

/**
 * Reads `COUNTERSIGN_KEY_REGISTRY_FILE` and, for the domains given and no others, `COUNTERSIGN_KEY_<DOMAIN>_FILE`.
 * @throws {CountersignError} `config-invalid` for a missing variable, `key-unavailable` for a file that cannot be used
 */
export async function loadKeysFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  options: { domains: readonly Domain[]; clock: Clock },
): Promise<KeySet> {
  const privateKeyFiles: Partial<Record<Domain, string>> = {};
  for (const domain of options.domains) privateKeyFiles[domain] = required(environment, keyVariable(domain));
  const registryFile = required(environment, registryVariable);
  return await loadKeysFromFiles({ registryFile, privateKeyFiles, clock: options.clock });
}

export function keyVariable(domain: Domain): string {
  return `COUNTERSIGN_KEY_${domain.toUpperCase()}_FILE`;
}

function required(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') {
    throw new CountersignError(
      'config-invalid',
      `Cannot load keys: "${name}" is not set, expected a file path; set it`,
    );
  }
  return value;
}
