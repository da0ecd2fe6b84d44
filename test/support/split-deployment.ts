/**
 * A deployment that is split by trust, of real processes: each has a state folder of its own, its own role's login to the
 * store and its own role's signing keys, as docs/deployment.md says; nothing else is shared but the public keys.
 */
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Countersign } from '../../client/gateway-client.ts';
import { type Domain, domains } from '../../core/contracts/envelope.ts';
import { keyVariable, loadOrCreateKeys, registryPath } from '../../keys/index.ts';
import type { StoreRole } from '../../store/postgres/role-grants.ts';
import type { PostgresLocation } from '../../store/postgres/postgres-location.ts';
import { placeBundles } from './bundle-folder.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import {
  killProgram,
  type ProgramEnvironment,
  type ProgramResult,
  runProgram,
  type StartedProgram,
  startProgram,
} from './program.ts';

type ProcessRole = Exclude<StoreRole, 'audit'>;

const domainsByRole: Readonly<Partial<Record<ProcessRole, readonly Domain[]>>> = {
  agent: ['decision'],
  tools: ['receipt'],
  gateway: ['ticket', 'vote', 'control'],
};

export interface DeploymentOptions {
  /** Holds everything that the processes have on disk. */
  folder: string;
  pack: string;
  database: PostgresDatabase;
  temporal: { address: string; namespace: string };
  modelURL: string;
  /** Beside the settings, for all: what the pack's tools read. */
  environment: ProgramEnvironment;
}

export interface DeployedProcess {
  /** kill -9 of the program and of whatever launched it. */
  kill(): Promise<void>;
  stop(): Promise<ProgramResult>;
}

export interface DeployedGateway extends DeployedProcess {
  client: Countersign;
}

export interface Deployment {
  /** @param name of its folder: a process of the same name is the same one, started again */
  startWorker(role: Exclude<ProcessRole, 'gateway'>, name: string): Promise<DeployedProcess>;
  startGateway(name: string): Promise<DeployedGateway>;
  /** A command of somebody who may only read. */
  audit(...argv: string[]): Promise<ProgramResult>;
}

export async function prepareDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { folder, pack, database, temporal } = options;
  const keyFolder = join(folder, 'keys');
  await loadOrCreateKeys({ folder: keyFolder, domains, clock: { now: () => Date.now() } });
  const common = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    COUNTERSIGN_TASK_QUEUE: database.location.database,
    COUNTERSIGN_SPLIT_QUEUES: 'true',
    COUNTERSIGN_KEY_REGISTRY_FILE: registryPath(keyFolder),
    COUNTERSIGN_DRAIN_MS: '1000',
    ...options.environment,
  };

  async function environmentOf(role: StoreRole, name: string): Promise<ProgramEnvironment> {
    const own = join(folder, name);
    const state = join(own, 'state');
    if (!existsSync(state)) await placeBundles(state);
    const keys = await copyKeys(keyFolder, own, role === 'audit' ? [] : (domainsByRole[role] ?? []));
    return {
      ...common,
      ...storeSettings(database.roleLocations[role]),
      ...keys,
      ...(role === 'model' ? { OPENAI_BASE_URL: options.modelURL } : {}),
      COUNTERSIGN_STATE: state,
    };
  }

  return {
    async startWorker(role, name) {
      const program = startProgram(['worker', pack, '--roles', role, '--json'], await environmentOf(role, name));
      await program.firstLine;
      return deployed(program);
    },
    async startGateway(name) {
      const program = startProgram(['gateway', pack, '--port', '0', '--json'], await environmentOf('gateway', name));
      const ready = z.object({ gatewayUrl: z.string(), apiKeyFile: z.string() }).parse(await program.firstLine);
      const apiKey = readFileSync(ready.apiKeyFile, 'utf8').trim();
      return { ...deployed(program), client: new Countersign({ url: ready.gatewayUrl, apiKey, timeoutMs: 30_000 }) };
    },
    audit: async (...argv) => await runProgram(argv, await environmentOf('audit', 'audit')),
  };
}

/** As `COUNTERSIGN_STORE` and its password file. */
export function storeSettings({ user, host, port, database, passwordFile }: PostgresLocation): ProgramEnvironment {
  return {
    COUNTERSIGN_STORE: `postgres://${user}@${host}:${port}/${database}`,
    COUNTERSIGN_STORE_PASSWORD_FILE: passwordFile ?? '',
  };
}

/** Each process has its keys alone, in files that no other reads. */
async function copyKeys(from: string, to: string, own: readonly Domain[]): Promise<ProgramEnvironment> {
  const entries = own.map(async (domain) => {
    const file = join(to, `${domain}.key`);
    await copyFile(join(from, `${domain}.key`), file);
    return [keyVariable(domain), file] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function deployed(program: StartedProgram): DeployedProcess {
  return {
    kill: () => killProgram(program),
    async stop() {
      program.child.kill('SIGTERM');
      return await program.ended;
    },
  };
}

/** For tools that wait for an answer: see test/server/cli-pack. */
export async function answer(effects: string, name: string): Promise<void> {
  await writeFile(`${effects}.answer-${name}`, '');
}
