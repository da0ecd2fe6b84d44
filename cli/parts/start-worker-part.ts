/**
 * A worker with everything it needs, for `dev` and `worker`. Child processes of tools see neither state folder nor keys,
 * whatever a tool asks for.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Domain, domains } from '../../core/contracts/envelope.ts';
import { keyVariable } from '../../keys/index.ts';
import { type AgentPack, publishPack } from '../../packs/load-pack.ts';
import type { Sandbox } from '../../tools/sandbox/sandbox.ts';
import { createUnshareSandbox } from '../../tools/sandbox/unshare-sandbox.ts';
import { sandboxWithMasks } from '../../tools/sandbox-with-masks.ts';
import type { WorkerRole } from '../../worker/compose-activities.ts';
import type { Config, Environment } from '../../worker/config.ts';
import { type RunningWorker, startWorker } from '../../worker/create-worker.ts';
import type { Base } from './open-base.ts';
import { programVersion } from './program-version.ts';
import { taskQueuesOf } from './task-queues.ts';

const domainsByRole: Readonly<Partial<Record<WorkerRole, Domain>>> = { agent: 'decision', tools: 'receipt' };

/** Keys that a worker of these roles holds. */
export function domainsOfWorker(roles: readonly WorkerRole[]): Domain[] {
  return roles.flatMap((role) => domainsByRole[role] ?? []);
}

export interface WorkerPartOptions {
  base: Base;
  environment: Environment;
  pack: AgentPack;
  /** @default all */
  roles?: readonly WorkerRole[];
}

export interface WorkerPart {
  worker: RunningWorker;
  sandbox: Sandbox;
}

/** @throws {CountersignError} */
export async function startWorkerPart({ base, environment, pack, roles }: WorkerPartOptions): Promise<WorkerPart> {
  const { config, door, store, keys, clock, temporal } = base;
  // The gate's worker alone: other roles have no right to write bodies, and the gateway publishes what it activates.
  if (roles === undefined || roles.includes('agent')) await publishPack(store, pack);
  await mkdir(config.paths.work, { recursive: true, mode: 0o700 });
  const sandbox = sandboxWithMasks(createUnshareSandbox(), maskedPaths(config, environment));
  const worker = await startWorker(
    {
      temporal,
      taskQueues: taskQueuesOf(config, pack.body.name),
      drainMs: config.drainMs,
      cacheFolder: config.paths.cache,
      ...(roles === undefined ? {} : { roles }),
    },
    {
      door,
      store,
      keys,
      clock,
      audience: config.audience,
      tools: pack.tools,
      guards: pack.guards,
      sandbox,
      workFolder: config.paths.work,
      openai: { apiKey: config.openaiApiKey ?? (config.openaiBaseUrl && 'none'), baseURL: config.openaiBaseUrl },
      channels: [],
      buildId: `countersign@${programVersion}`,
    },
  );
  return { worker, sandbox };
}

/** Files that open the store. */
function storeSecrets({ storeLocation, storePasswordFile }: Config): (string | undefined)[] {
  if (storeLocation.kind === 'sqlite') return [storeLocation.file];
  return [storePasswordFile, storeLocation.tls?.keyFile ?? undefined];
}

/** What no child process of a tool may read. */
export function maskedPaths(config: Config, environment: Environment): string[] {
  const files = [
    config.keyRegistryFile,
    ...storeSecrets(config),
    ...domains.map((domain) => environment[keyVariable(domain)]),
  ];
  return [config.stateFolder, ...new Set(files.flatMap((file) => (file ? dirname(file) : [])))];
}
