/**
 * A worker with everything it needs, for `dev` and `worker`. Child processes of tools see neither state folder nor keys,
 * whatever a tool asks for.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Domain, domains } from '../../core/contracts/envelope.ts';
import { keyVariable, loadOrCreateMarkKey, readRandomKey, readRedactionKey } from '../../keys/index.ts';
import { type AgentPack, publishPack } from '../../packs/load-pack.ts';
import type { Sandbox } from '../../tools/sandbox/sandbox.ts';
import { createUnshareSandbox } from '../../tools/sandbox/unshare-sandbox.ts';
import { sandboxWithMasks } from '../../tools/sandbox-with-masks.ts';
import type { WorkerRole } from '../../worker/compose-activities.ts';
import type { Config, Environment } from '../../worker/config.ts';
import { type RunningWorker, startWorker, workerRoles } from '../../worker/create-worker.ts';
import type { ProcessLog } from '../../worker/process-log.ts';
import type { Base } from './open-base.ts';
import { buildId } from './program-version.ts';
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
  log: ProcessLog;
  /** @default all */
  roles?: readonly WorkerRole[];
}

export interface WorkerPart {
  worker: RunningWorker;
  /** That it polls. */
  queues: string[];
  sandbox: Sandbox;
}

/** Only tampering explains what the tools worker so refuses; `docs/errors/permit-invalid.md` says what to do. */
const incidentMessage = 'incident: an execution was refused that no signed decision allows';

const notKeptMessage = 'a secret that was redacted is not kept';

/** @throws {CountersignError} */
export async function startWorkerPart(options: WorkerPartOptions): Promise<WorkerPart> {
  const { base, environment, pack, roles, log } = options;
  const { config, door, store, keys, clock, temporal } = base;
  // The gate's worker alone: other roles have no right to write bodies, and the gateway publishes what it activates.
  if (roles === undefined || roles.includes('agent')) await publishPack(store, pack);
  await mkdir(config.paths.work, { recursive: true, mode: 0o700 });
  const sandbox = sandboxWithMasks(createUnshareSandbox(), maskedPaths(config, environment));
  const taskQueues = taskQueuesOf(config, pack.body.name);
  const markKey = markKeyOf(config);
  const { redactionKeyFile } = config;
  const redactionKey =
    redactionKeyFile === undefined ? undefined : readRedactionKey(redactionKeyFile, { marks: markKey });
  const worker = await startWorker(
    {
      temporal,
      taskQueues,
      drainMs: config.drainMs,
      cacheFolder: config.paths.cache,
      log,
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
      ...(markKey ? { markKey } : {}),
      ...(redactionKey
        ? {
            redactions: {
              key: redactionKey,
              report: (lost) => log.warn({ ...lost, event: 'redaction-not-kept' }, notKeptMessage),
            },
          }
        : {}),
      buildId,
      reportIncident: (incident) => log.error(incident, incidentMessage),
    },
  );
  const queues = [...new Set((roles ?? workerRoles).map((role) => taskQueues[role]))];
  return { worker, queues, sandbox };
}

/** Where keys come from files and this one has none, each worker makes marks of its own. */
function markKeyOf({ markKeyFile, keyRegistryFile, paths }: Config): Uint8Array | undefined {
  if (markKeyFile !== undefined) return readRandomKey(markKeyFile);
  return keyRegistryFile === undefined ? loadOrCreateMarkKey(paths.keys) : undefined;
}

/** Files that open the store and other doors of this process. */
function secretsOf(config: Config): (string | null | undefined)[] {
  const { storeLocation, storePasswordFile, temporalTlsKeyFile, secretFiles } = config;
  const ofStore =
    storeLocation.kind === 'sqlite' ? [storeLocation.file] : [storePasswordFile, storeLocation.tls?.keyFile];
  return [...ofStore, temporalTlsKeyFile, config.markKeyFile, config.redactionKeyFile, ...Object.values(secretFiles)];
}

/** What no child process of a tool may read. */
export function maskedPaths(config: Config, environment: Environment): string[] {
  const keyFiles = domains.map((domain) => environment[keyVariable(domain)]);
  const files = [config.keyRegistryFile, ...keyFiles, ...secretsOf(config)];
  return [config.stateFolder, ...new Set(files.flatMap((file) => (file ? dirname(resolve(file)) : [])))];
}
