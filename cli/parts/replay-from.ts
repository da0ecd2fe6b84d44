/** Gathers what a replay needs from this state folder: histories, public keys, store, the workflow code of this program. */
import { createServerSource } from '../../audit/fetch-chain.ts';
import { renderPostmortem } from '../../audit/render-postmortem.ts';
import { exitCodeByVerdict, replayRun, type ReplayReport } from '../../audit/replay-run.ts';
import { type EmbeddedEngine, startEmbeddedEngine } from '../../engine/dev-server.ts';
import { findEmbeddedEngine, readEngineRecord } from '../../engine/engine-record.ts';
import type { KeyRegistry } from '../../core/envelope.ts';
import { openTemporalDoor } from '../../client/temporal-door.ts';
import { openRegistry, registryPath } from '../../keys/index.ts';
import { openStore } from '../../store/index.ts';
import type { Store } from '../../store/store.ts';
import type { Config } from '../../worker/config.ts';
import { replayBundle } from '../../worker/workflow-bundle.ts';
import { engineOptions } from '../engine-options.ts';
import { pathExists } from '../../packs/path-exists.ts';
import { temporalAddress, temporalSettings } from './open-base.ts';

export interface Replayed {
  report: ReplayReport;
  exit: number;
  text: (colour: boolean) => string;
}

/**
 * @param useStore also where there is none: it is then left out
 * @param log told of an engine that is started for this replay alone
 * @throws {CountersignError} as `replayRun`
 */
export async function replayFrom(
  config: Config,
  workflowId: string,
  useStore: boolean,
  log: (line: string) => void,
): Promise<Replayed> {
  const registry = openRegistry(config.keyRegistryFile ?? registryPath(config.paths.keys));
  const engine = await borrowEngine(config, log);
  try {
    const address = engine?.address ?? (await temporalAddress(config));
    return await replayAt(config, registry, address, workflowId, useStore);
  } finally {
    await engine?.stop();
  }
}

async function replayAt(
  config: Config,
  registry: KeyRegistry,
  address: string,
  workflowId: string,
  useStore: boolean,
): Promise<Replayed> {
  const door = await openTemporalDoor(temporalSettings(config, address));
  let store: Store | undefined;
  try {
    store = useStore ? await openExistingStore(config) : undefined;
    const ofStore = store ? { store } : {};
    const report = await replayRun({
      workflowId,
      source: createServerSource({ door, ...ofStore }),
      registry,
      audience: config.audience,
      bundle: await replayBundle(config.paths.cache),
      ...ofStore,
    });
    return { report, exit: exitCodeByVerdict[report.verdict], text: (colour) => renderPostmortem(report, { colour }) };
  } finally {
    await store?.close();
    await door.close();
  }
}

/** A postmortem is often held after everything has ended: the state folder's engine is then started, and ended again. */
async function borrowEngine(config: Config, log: (line: string) => void): Promise<EmbeddedEngine | undefined> {
  if (config.temporalAddress !== undefined) return undefined;
  if ((await readEngineRecord(config.stateFolder)).kind === 'none') return undefined;
  if ((await findEmbeddedEngine(config.stateFolder)).kind === 'running') return undefined;
  log('no engine runs on this state folder: starting it for this replay');
  return await startEmbeddedEngine(engineOptions(config, log));
}

/** Opening makes a SQLite file where there is none, and an empty one would look like a store that lost everything. */
async function openExistingStore({ storeLocation }: Config): Promise<Store | undefined> {
  if (storeLocation.kind === 'sqlite' && !(await pathExists(storeLocation.file))) return undefined;
  return await openStore(storeLocation);
}
