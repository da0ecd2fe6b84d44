/**
 * The keys' share of `countersign setup`. In a deployment each key is made where its variable says, so that each process can
 * be given its own and no other; without such variables, all of them in the state folder.
 */
import { dirname, resolve } from 'node:path';
import { type Domain, domains } from '../../core/contracts/envelope.ts';
import { CountersignError } from '../../core/errors.ts';
import {
  createKeyFiles,
  keyVariable,
  loadKeysFromFiles,
  loadOrCreateKeys,
  privateKeyPath,
  registryPath,
  registryVariable,
  requireKeyFolder,
} from '../../keys/index.ts';
import { pathExists } from '../../packs/path-exists.ts';
import type { Clock } from '../../core/clock.ts';
import type { Config, Environment } from '../../worker/config.ts';
import type { SetUpStep } from './set-up-step.ts';

const name = 'Signing keys';

/** @throws {CountersignError} `key-unavailable`, `config-invalid` */
export async function setUpKeys(
  { config, environment, clock }: { config: Config; environment: Environment; clock: Clock },
  onlyLook: boolean,
): Promise<SetUpStep[]> {
  const { keyRegistryFile, paths } = config;
  const files = keyRegistryFile === undefined ? inFolder(paths.keys) : fromEnvironment(environment);
  const registryFile = keyRegistryFile ?? registryPath(paths.keys);
  const missing = await missingOf(registryFile, files);
  if (onlyLook && missing.length > 0) {
    // Said now: setup would refuse to make a key in a folder that others may enter.
    const folders = new Set([registryFile, ...Object.values(files)].map((path) => dirname(resolve(path))));
    for (const folder of folders) if (await pathExists(folder)) requireKeyFolder(folder);
    return [{ name, state: 'missing', detail: `no ${missing.join(', ')}`, remedy: 'run "countersign setup"' }];
  }
  if (onlyLook || missing.length === 0) {
    await loadKeysFromFiles({ registryFile, privateKeyFiles: files, clock });
    return [{ name, state: 'ok', detail: `${Object.keys(files).join(', ')}; registry ${registryFile}` }];
  }
  if (keyRegistryFile === undefined) await loadOrCreateKeys({ folder: paths.keys, domains, clock });
  else await createKeyFiles({ registryFile, privateKeyFiles: files, clock });
  return [{ name, state: 'made', detail: `${missing.join(', ')}; registry ${registryFile}` }];
}

function inFolder(folder: string): Partial<Record<Domain, string>> {
  return Object.fromEntries(domains.map((domain) => [domain, privateKeyPath(folder, domain)]));
}

/** Those that are named: one setup may make the gateway's, another the workers'. */
function fromEnvironment(environment: Environment): Partial<Record<Domain, string>> {
  const named = domains.flatMap((domain) => {
    const path = environment[keyVariable(domain)];
    return path === undefined || path === '' ? [] : [[domain, path] as const];
  });
  if (named.length > 0) return Object.fromEntries(named);
  throw new CountersignError(
    'config-invalid',
    `Cannot make keys: "${registryVariable}" is set and none of ${domains.map(keyVariable).join(', ')} is, expected the path of each key to make; set them`,
  );
}

async function missingOf(registryFile: string, files: Partial<Record<Domain, string>>): Promise<string[]> {
  const all: [string, string][] = [['registry', registryFile], ...Object.entries(files)];
  const there = await Promise.all(all.map(([, path]) => pathExists(path)));
  return all.filter((_, index) => there[index] === false).map(([what]) => what);
}
