/** The body of `countersign setup`: each part looked at, and made where it is missing; or, with `--check`, only looked at. */
import { describeStore, openStore } from '../../store/index.ts';
import { pathExists } from '../../packs/path-exists.ts';
import type { Config } from '../../worker/config.ts';
import type { CommandContext } from '../context.ts';
import { openDoorToServer } from './open-door.ts';
import { setUpKeys } from './set-up-keys.ts';
import { type SetUpStep, setUpStep } from './set-up-step.ts';
import { setUpStore } from './set-up-store.ts';
import { setUpTemporal } from './set-up-temporal.ts';

export const setUpParts = ['keys', 'store', 'temporal'] as const;
export type SetUpPart = (typeof setUpParts)[number];

export interface SetUpOptions {
  parts: readonly SetUpPart[];
  onlyLook: boolean;
  retentionDays: number | undefined;
}

export async function runSetup(context: CommandContext, config: Config, options: SetUpOptions): Promise<SetUpStep[]> {
  const takeByPart: Readonly<Record<SetUpPart, () => Promise<SetUpStep[]>>> = {
    keys: () =>
      setUpStep('Signing keys', 'correct that, or restore them from a backup; they are never replaced', () =>
        setUpKeys({ ...context, config }, options.onlyLook),
      ),
    store: () =>
      setUpStep('Store', 'see docs/deployment.md', () => (options.onlyLook ? lookAtStore(config) : makeStore(config))),
    temporal: () => setUpStep('Temporal', 'see docs/deployment.md', () => temporal(context, config, options)),
  };
  const steps: SetUpStep[] = [];
  for (const part of setUpParts) if (options.parts.includes(part)) steps.push(...(await takeByPart[part]()));
  return steps;
}

async function temporal(
  { clock, pause }: CommandContext,
  config: Config,
  { onlyLook, retentionDays }: SetUpOptions,
): Promise<SetUpStep[]> {
  const { door } = await openDoorToServer(config, clock);
  try {
    return await setUpTemporal(door, { onlyLook, retentionDays, pause });
  } finally {
    await door.close();
  }
}

async function makeStore(config: Config): Promise<SetUpStep[]> {
  const isNew = config.storeLocation.kind === 'sqlite' && !(await pathExists(config.storeLocation.file));
  const { store, before, roles } = await setUpStore(config);
  const detail = roles.length === 0 ? store : `${store}; roles ${roles.join(', ')}`;
  return [{ name: 'Store', state: isNew || before !== 'same' ? 'made' : 'ok', detail }];
}

/** As its owner or as any of its roles: none, and those of an older version, are for setup to make. */
async function lookAtStore({ storeLocation }: Config): Promise<SetUpStep[]> {
  const name = 'Store';
  const detail = describeStore(storeLocation);
  if (storeLocation.kind === 'sqlite' && !(await pathExists(storeLocation.file))) {
    return [{ name, state: 'missing', detail, remedy: 'run "countersign setup"' }];
  }
  if (storeLocation.kind === 'postgres') {
    const { lookAtPostgresStore } = await import('../../store/postgres/open-postgres-store.ts');
    const found = await lookAtPostgresStore({ location: storeLocation });
    const remedy = 'run "countersign setup" as the owner of the database';
    if (found === 'none') return [{ name, state: 'missing', detail: `${detail}: it has no tables`, remedy }];
    if (found === 'older') return [{ name, state: 'missing', detail: `${detail}: its tables are older`, remedy }];
  }
  const store = await openStore(storeLocation);
  try {
    await store.ping();
    return [{ name, state: 'ok', detail }];
  } finally {
    await store.close();
  }
}
