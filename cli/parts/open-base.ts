/** What worker and gateway both stand on: keys of their own domains and no others, the store, the door to Temporal. */
import type { TemporalDoor, TemporalSettings } from '../../client/temporal-door.ts';
import type { Clock } from '../../core/clock.ts';
import type { Domain } from '../../core/contracts/envelope.ts';
import { type KeySet, loadKeysFromEnvironment, loadOrCreateKeys } from '../../keys/index.ts';
import { type LoginCheck, openStore } from '../../store/index.ts';
import type { Store } from '../../store/store.ts';
import type { Config, Environment } from '../../worker/config.ts';
import type { ProcessLog } from '../../worker/process-log.ts';
import { openDoor } from './open-door.ts';

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
  /** Of a process that does a part of the work. @default not checked: it does everything */
  storeLogin?: { roles: LoginCheck['roles']; log: ProcessLog };
}

/** @throws {CountersignError} */
export async function openBase(options: BaseOptions): Promise<Base> {
  const { config, clock, storeLogin } = options;
  // Before a connection: it is cheaper, and its message is the more useful one.
  const keys = await openKeys(options);
  // Before the store: where Temporal is not as the settings say, no database is made.
  const { temporal, door } = await openDoor(config, clock, options.address);
  try {
    const login = storeLogin && {
      roles: storeLogin.roles,
      warn: (text: string) => storeLogin.log.warn({ event: 'store-login' }, text),
    };
    const store = await openStore(config.storeLocation, login);
    const close = async (): Promise<void> => {
      await door.close();
      await store.close();
    };
    return { config, clock, keys, store, temporal, door, close };
  } catch (error) {
    await door.close();
    throw error;
  }
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
