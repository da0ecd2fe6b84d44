/** Gathers what a replay needs from this state folder: histories, public keys, store, the workflow code of this program. */
import { access } from 'node:fs/promises';
import { createServerSource } from '../../audit/fetch-chain.ts';
import { renderPostmortem } from '../../audit/render-postmortem.ts';
import { exitCodeByVerdict, replayRun, type ReplayReport } from '../../audit/replay-run.ts';
import { openTemporalDoor } from '../../client/temporal-door.ts';
import { openRegistry, registryPath } from '../../keys/index.ts';
import { openSqliteStore } from '../../store/index.ts';
import type { Store } from '../../store/store.ts';
import type { Config } from '../../worker/config.ts';
import { replayBundle } from '../../worker/workflow-bundle.ts';
import { temporalAddress, temporalSettings } from './open-base.ts';

export interface Replayed {
  report: ReplayReport;
  exit: number;
  text: (colour: boolean) => string;
}

/** @param useStore also where there is none: it is then left out. @throws {CountersignError} as `replayRun` */
export async function replayFrom(config: Config, workflowId: string, useStore: boolean): Promise<Replayed> {
  const registry = openRegistry(config.keyRegistryFile ?? registryPath(config.paths.keys));
  const door = await openTemporalDoor(temporalSettings(config, await temporalAddress(config)));
  let store: Store | undefined;
  try {
    store = useStore ? await openStore(config) : undefined;
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

/** Opening makes a database where there is none, and an empty one would look like a store that lost everything. */
async function openStore({ paths }: Config): Promise<Store | undefined> {
  const there = await access(paths.store).then(
    () => true,
    () => false,
  );
  return there ? await openSqliteStore({ file: paths.store }) : undefined;
}
