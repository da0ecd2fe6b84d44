/**
 * The parts that `doctor` looks at beside the engine's own. It only looks: no key, database or process is made, and no key
 * is ever printed. What is simply not running yet is fine.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathExists } from '../../packs/path-exists.ts';
import type { Clock } from '../../core/clock.ts';
import { domains } from '../../core/contracts/envelope.ts';
import { messageOf } from '../../core/errors.ts';
import type { Check } from '../../engine/check.ts';
import { engineChecks } from '../../engine/checks.ts';
import { findEmbeddedEngine } from '../../engine/engine-record.ts';
import { keyVariable, registryPath } from '../../keys/index.ts';
import { describeStore, openStore } from '../../store/index.ts';
import { createUnshareSandbox } from '../../tools/sandbox/unshare-sandbox.ts';
import { type Config, type Environment, variableByName } from '../../worker/config.ts';
import { findGateway } from '../gateway-record.ts';
import { openKeys } from './open-base.ts';
import { openDoor } from './open-door.ts';
import { checkNotices } from './check-notices.ts';
import { checkClientCertificate, checkKeys, checkStore, checkTemporal } from './readiness.ts';
import { programVersion } from './program-version.ts';

export interface DoctorOptions {
  config: Config;
  environment: Environment;
  clock: Clock;
  fetch?: typeof fetch;
}

const gatewayAnswerMs = 3000;

export async function doctorChecks(options: DoctorOptions): Promise<Check[]> {
  const { config } = options;
  const [engine, ...others] = await Promise.all([
    engineChecks({ stateFolder: config.stateFolder }),
    checkSandbox(),
    checkKeysOf(options),
    checkStoreOf(options),
    checkGateway(options),
    checkServer(options),
  ]);
  const program: Check = {
    name: 'countersign',
    ok: true,
    version: programVersion,
    detail: `state in ${config.stateFolder}`,
  };
  const certificate = await checkClientCertificate(config, options.clock.now());
  return [program, ...engine, ...others.flat(), ...(certificate ? [certificate] : []), checkModel(config)];
}

/** The server that the settings name, or the engine that runs; one that is not started yet is no fault. */
async function checkServer({ config, clock }: DoctorOptions): Promise<Check[]> {
  if (config.temporalAddress === undefined && (await findEmbeddedEngine(config.stateFolder)).kind !== 'running')
    return [];
  try {
    const { door, temporal } = await openDoor(config, clock);
    try {
      return [await checkTemporal(door, temporal.address)];
    } finally {
      await door.close();
    }
  } catch (error) {
    return [{ name: 'Temporal', ok: false, detail: messageOf(error), remedy: 'see docs/deployment.md' }];
  }
}

async function checkSandbox(): Promise<Check> {
  const name = 'Sandbox';
  const availability = await createUnshareSandbox().available();
  if (availability.ok) return { name, ok: true, version: availability.version, detail: 'a trial command was held' };
  return { name, ok: false, detail: `${availability.reason}; no shell without one`, remedy: availability.remedy };
}

async function checkKeysOf(options: DoctorOptions): Promise<Check> {
  const name = 'Signing keys';
  const { environment } = options;
  const { keyRegistryFile, paths } = options.config;
  try {
    if (keyRegistryFile === undefined && !(await pathExists(registryPath(paths.keys)))) {
      return { name, ok: true, detail: `${paths.keys} (will be made)` };
    }
    // Those that are there: asking for others would make them.
    const present = await Promise.all(domains.map((domain) => pathExists(join(paths.keys, `${domain}.key`))));
    const held = domains.filter((_, index) => present[index]);
    const asked = keyRegistryFile === undefined ? held : domains.filter((domain) => environment[keyVariable(domain)]);
    const keys = await openKeys({ ...options, domains: asked });
    const place = keyRegistryFile === undefined ? paths.keys : `registry ${keyRegistryFile}`;
    const found = await checkKeys(keys, asked);
    return found.ok ? { ...found, detail: place } : found;
  } catch (error) {
    return {
      name,
      ok: false,
      detail: messageOf(error),
      remedy: 'correct that, or restore them from a backup; they are never replaced',
    };
  }
}

async function checkStoreOf({ config: { storeLocation }, clock }: DoctorOptions): Promise<Check[]> {
  const name = 'Store';
  const file = storeLocation.kind === 'sqlite' ? storeLocation.file : undefined;
  if (file !== undefined && !(await pathExists(file))) return [{ name, ok: true, detail: `${file} (will be made)` }];
  try {
    const store = await openStore(storeLocation);
    try {
      const found = await checkStore(store, async () => {
        const size = file === undefined ? '' : `, ${((await bytesOf(file)) / 1e6).toFixed(1)} MB`;
        return `${describeStore(storeLocation)}${size}`;
      });
      return found.ok ? [found, await checkNotices(store, clock.now())] : [found];
    } finally {
      await store.close();
    }
  } catch (error) {
    return [
      { name, ok: false, detail: messageOf(error), remedy: '`countersign errors store-unavailable` says what to do' },
    ];
  }
}

/** Not running is not a fault, unless somebody said where it is. */
async function checkGateway({ config, fetch = globalThis.fetch }: DoctorOptions): Promise<Check> {
  const name = 'Gateway';
  // What of the folder cannot be read is said by its own check.
  const found = await findGateway(config).catch(() => undefined);
  const url = config.gatewayUrl ?? (found?.kind === 'running' ? found.record.url : undefined);
  if (url === undefined) return { name, ok: true, detail: 'not running' };
  try {
    const answer = await fetch(new URL('/v1/health', url), {
      redirect: 'error',
      signal: AbortSignal.timeout(gatewayAnswerMs),
    });
    await answer.body?.cancel();
    if (answer.ok) return { name, ok: true, detail: `answers at ${url}` };
    return { name, ok: false, detail: `${url} answers ${answer.status}`, remedy: 'check that the URL is a gateway’s' };
  } catch (error) {
    const remedy = `start it, or correct ${variableByName.gatewayUrl}`;
    return { name, ok: false, detail: `${url}: ${messageOf(error)}`, remedy };
  }
}

/** Whether a key is there, never what it is; nobody is asked whether it is good. */
function checkModel({ openaiApiKey, openaiBaseUrl }: Config): Check {
  const name = 'Model';
  const where = openaiBaseUrl ?? 'the provider’s own address';
  const key = variableByName.openaiApiKey;
  if (openaiApiKey !== undefined) return { name, ok: true, detail: `${key} is set, for ${where}` };
  if (openaiBaseUrl !== undefined) return { name, ok: true, detail: `${where}, without a key` };
  const remedy = `set ${key}, or ${variableByName.openaiBaseUrl} for another server`;
  return { name, ok: false, detail: `${key} is not set`, remedy };
}

/** With what is not yet in the main file. */
async function bytesOf(database: string): Promise<number> {
  const files = [database, `${database}-wal`].map((path) => stat(path).catch(() => undefined));
  return (await Promise.all(files)).reduce((sum, found) => sum + (found?.size ?? 0), 0);
}
