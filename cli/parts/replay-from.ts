/**
 * Gathers what a replay or an export needs from this state folder: histories, public keys, store, the workflow code of this
 * program.
 */
import { dirname } from 'node:path';
import { createServerSource, type ServerSource } from '../../audit/fetch-chain.ts';
import { renderPostmortem } from '../../audit/render-postmortem.ts';
import { exitCodeByVerdict, replayRun, type ReplayReport } from '../../audit/replay-run.ts';
import { type EmbeddedEngine, startEmbeddedEngine } from '../../engine/dev-server.ts';
import { findEmbeddedEngine, readEngineRecord } from '../../engine/engine-record.ts';
import type { KeyRegistry } from '../../core/envelope.ts';
import type { TemporalDoor } from '../../client/temporal-door.ts';
import type { Clock } from '../../core/clock.ts';
import { openRegistry, registryPath } from '../../keys/index.ts';
import { openStore } from '../../store/index.ts';
import type { Store } from '../../store/store.ts';
import type { Config } from '../../worker/config.ts';
import { replayBundle } from '../../worker/workflow-bundle.ts';
import { engineOptions } from '../engine-options.ts';
import { pathExists } from '../../packs/path-exists.ts';
import { withCacheFolder } from './cache-folder.ts';
import { findSecretRules } from './find-secret-rules.ts';
import { requireWritable } from './may-write.ts';
import { openDoor } from './open-door.ts';
import { buildId } from './program-version.ts';

export interface Replayed {
  report: ReplayReport;
  exit: number;
  text: (colour: boolean) => string;
}

/** What is recorded in and around this state folder, open for reading. */
export interface RecordSources {
  registry: KeyRegistry;
  source: ServerSource;
  /** Absent where there is none, or it was to be left out. */
  store?: Store;
}

/**
 * @param useStore also where there is none: it is then left out
 * @param log told of an engine that is started for this replay alone
 * @throws {CountersignError} as `replayRun`
 */
export async function replayFrom(
  { config, clock }: { config: Config; clock: Clock },
  workflowId: string,
  useStore: boolean,
  log: (line: string) => void,
): Promise<Replayed> {
  return await withRecord({ config, clock }, useStore, log, async (sources) => {
    const report = await withCacheFolder(config, async (cache) =>
      replayRun({
        workflowId,
        audience: config.audience,
        buildId,
        bundle: await replayBundle(cache),
        findSecretRules,
        ...sources,
      }),
    );
    return { report, exit: exitCodeByVerdict[report.verdict], text: (colour) => renderPostmortem(report, { colour }) };
  });
}

/** Closes what it opened, and ends an engine that it started. @throws {CountersignError} and what `work` throws */
export async function withRecord<T>(
  { config, clock }: { config: Config; clock: Clock },
  useStore: boolean,
  log: (line: string) => void,
  work: (sources: RecordSources) => Promise<T>,
): Promise<T> {
  const registry = openRegistry(config.keyRegistryFile ?? registryPath(config.paths.keys));
  const engine = await borrowEngine(config, log);
  try {
    const { door } = await openDoor(config, clock, engine?.address);
    return await withSources(door, config, registry, useStore, work);
  } finally {
    await engine?.stop();
  }
}

async function withSources<T>(
  door: TemporalDoor,
  config: Config,
  registry: KeyRegistry,
  useStore: boolean,
  work: (sources: RecordSources) => Promise<T>,
): Promise<T> {
  let store: Store | undefined;
  try {
    store = useStore ? await openExistingStore(config) : undefined;
    const ofStore = store ? { store } : {};
    return await work({ registry, source: createServerSource({ door, ...ofStore }), ...ofStore });
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
  await requireWritable(
    config.stateFolder,
    'the histories',
    ', name a Temporal server that has them with --temporal, or replay a file of "countersign export"',
  );
  log('no engine runs on this state folder: starting it for this command');
  return await startEmbeddedEngine(engineOptions(config, log));
}

/** Opening makes a SQLite file where there is none, and an empty one would look like a store that lost everything. */
async function openExistingStore({ storeLocation }: Config): Promise<Store | undefined> {
  if (storeLocation.kind === 'sqlite') {
    if (!(await pathExists(storeLocation.file))) return undefined;
    await requireWritable(dirname(storeLocation.file), 'the store', ', or leave the store out with --no-store');
  }
  return await openStore(storeLocation);
}
