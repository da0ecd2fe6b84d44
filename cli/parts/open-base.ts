/** What worker and gateway both stand on: keys of their own domains and no others, the store, the door to Temporal. */
import { openTemporalDoor, type TemporalDoor, type TemporalSettings } from '../../client/temporal-door.ts';
import type { Clock } from '../../core/clock.ts';
import type { Domain } from '../../core/contracts/envelope.ts';
import { CountersignError } from '../../core/errors.ts';
import { findEmbeddedEngine } from '../../engine/engine-record.ts';
import { type KeySet, loadKeysFromEnvironment, loadOrCreateKeys } from '../../keys/index.ts';
import { openStore } from '../../store/index.ts';
import type { Store } from '../../store/store.ts';
import { type Config, type Environment, variableByName } from '../../worker/config.ts';

export interface Base {
  config: Config;
  clock: Clock;
  keys: KeySet;
  store: Store;
  temporal: TemporalSettings;
  door: TemporalDoor;
  close(): Promise<void>;
}

export interface BaseOptions {
  config: Config;
  environment: Environment;
  clock: Clock;
  domains: readonly Domain[];
  /** Of an engine of this process. @default TEMPORAL_ADDRESS, else the engine of the state folder */
  address?: string;
}

/** @throws {CountersignError} */
export async function openBase(options: BaseOptions): Promise<Base> {
  const { config, clock } = options;
  const temporal = temporalSettings(config, options.address ?? (await temporalAddress(config)));
  const keys = await openKeys(options);
  const store = await openStore(config.storeLocation);
  try {
    const door = await openTemporalDoor(temporal);
    const close = async (): Promise<void> => {
      await door.close();
      await store.close();
    };
    return { config, clock, keys, store, temporal, door, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** @throws {CountersignError} `config-invalid` when nobody says where Temporal is */
export async function temporalAddress(config: Config): Promise<string> {
  if (config.temporalAddress !== undefined) return config.temporalAddress;
  const engine = await findEmbeddedEngine(config.stateFolder);
  if (engine.kind === 'running') return engine.record.address;
  throw new CountersignError(
    'config-invalid',
    `Cannot connect to Temporal: "${variableByName.temporalAddress}" is not set and no embedded engine runs on state folder "${config.stateFolder}", expected one of the two; set it, or start "countersign dev"`,
  );
}

export function temporalSettings(config: Config, address: string): TemporalSettings {
  const { temporalNamespace: namespace, temporalApiKey: apiKey, temporalTls } = config;
  const tls = temporalTls || apiKey !== undefined;
  return { address, namespace, ...(tls ? { tls } : {}), ...(apiKey === undefined ? {} : { apiKey }) };
}

export async function openKeys({
  config,
  environment,
  clock,
  domains,
}: Pick<BaseOptions, 'config' | 'environment' | 'clock' | 'domains'>): Promise<KeySet> {
  return config.keyRegistryFile === undefined
    ? await loadOrCreateKeys({ folder: config.paths.keys, domains, clock })
    : await loadKeysFromEnvironment(environment, { domains, clock });
}
