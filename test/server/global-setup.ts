/**
 * One Temporal dev server for all tests of the `server` project, with the tuning users get, in a folder of its own. Tests
 * take its address by `inject('temporal')`; the server ends with this process even when that is killed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type EmbeddedEngine, startEmbeddedEngine } from '../../engine/dev-server.ts';
import { makeBundles } from '../support/bundle-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The shared dev server: `host:port` and a namespace that has the search attributes. */
    temporal: { address: string; namespace: string };
  }
}

let engine: EmbeddedEngine | undefined;
let stateFolder: string | undefined;

export async function setup(project: TestProject): Promise<void> {
  await makeBundles();
  stateFolder = await mkdtemp(join(tmpdir(), 'countersign-test-engine-'));
  engine = await startEmbeddedEngine({
    stateFolder,
    namespace: 'countersign-test',
    port: 0,
    uiPort: 0,
    retentionDays: 1,
    synchronous: 'normal',
  });
  project.provide('temporal', { address: engine.address, namespace: engine.namespace });
}

export async function teardown(): Promise<void> {
  await engine?.stop();
  if (stateFolder !== undefined) await rm(stateFolder, { recursive: true, force: true });
}
