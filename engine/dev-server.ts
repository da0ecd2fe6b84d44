/**
 * The embedded engine: Temporal's dev server as a child process, its database in the state folder. It survives kill -9
 * of every process, ends with the process that started it, and listens on loopback only. Never for production: one
 * machine, no authentication.
 */
import { chmod, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { CountersignError } from '../core/errors.ts';
import type { Synchronous } from './dev-server-parameters.ts';
import { lockWhenFree } from './engine-lock.ts';
import { isSameProcess, markEngineEnded, readEngineRecord } from './engine-record.ts';
import { findTemporalCli, type TemporalCli } from './find-temporal-cli.ts';
import { chooseFreePort, portIsFree } from './ports.ts';
import { type StartedServer, startServer, stopGraceMs } from './start-server.ts';

export interface EmbeddedEngineOptions {
  /** Holds the database, log, lock and record; created for its owner only. */
  readonly stateFolder: string;
  /** How long to wait for another engine on the folder to end, ms. @default 0 */
  readonly lockWaitMs?: number;
  readonly namespace: string;
  /** gRPC port, taken or failed; 0 means any. @default the one used last, else 7233, else any free one */
  readonly port?: number;
  /** Port of the web UI, as `port`. @default the one used last, else 8233, else any free one */
  readonly uiPort?: number;
  /** How long the server keeps a closed run's history, in days. */
  readonly retentionDays: number;
  /** SQLite's promise: `normal` survives the death of every process, `full` also power loss. */
  readonly synchronous: Synchronous;
  /** Registered besides, type by name. @default { CountersignState: 'Keyword' } */
  readonly searchAttributes?: Readonly<Record<string, string>>;
  /** @default the system's */
  readonly clock?: Clock;
  /** Told, one line each, what is worth knowing. @default silent */
  readonly log?: (line: string) => void;
  /** @default findTemporalCli() */
  readonly cli?: Pick<TemporalCli, 'path'>;
}

export interface EmbeddedEngine {
  /** `host:port` of the gRPC interface. */
  readonly address: string;
  readonly uiUrl: string;
  readonly namespace: string;
  /** Process id of the Temporal server. */
  readonly pid: number;
  /** Resolves with the exit code when the server has ended, for whatever reason, and the state folder is free again. */
  readonly exited: Promise<number>;
  /** Ends the server and frees the state folder; may be called again. */
  stop(): Promise<void>;
}

interface Ports {
  readonly port: number;
  readonly uiPort: number;
}

const usualPorts = { port: 7233, uiPort: 8233 };
const bindTries = 3;

/**
 * Starts the engine and waits until its namespace is ready.
 *
 * @throws CountersignError `engine-unavailable` (with the reason the server gave), `conflict` when one runs on the folder
 */
export async function startEmbeddedEngine(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
  if (!Number.isInteger(options.retentionDays) || options.retentionDays < 1) {
    throw new CountersignError(
      'config-invalid',
      `Cannot start the engine: retentionDays is ${options.retentionDays}, expected whole days from 1 up; correct the setting`,
    );
  }
  const cli = options.cli ?? (await findTemporalCli(options.log === undefined ? {} : { progress: options.log }));
  const stateFolder = resolve(options.stateFolder);
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  await chmod(stateFolder, 0o700);
  const { lockWaitMs = 0, log } = options;
  const lock = await lockWhenFree(stateFolder, lockWaitMs, () => {
    log?.(`another engine runs on this state folder: waiting up to ${lockWaitMs / 1000} s for it to end`);
  });
  try {
    const last = await endOrphan(stateFolder);
    const clock = options.clock ?? { now: () => Date.now() };
    for (let bindTry = 1; ; bindTry += 1) {
      const ports = await choosePorts(options, last);
      const started = await startServer({ ...options, ...ports, stateFolder, clock, program: cli.path });
      if (started.kind === 'ready') return engineOf(started, stateFolder, clock, () => lock.release());
      // Another program may have bound the port between our choice and the server's start.
      if (!started.mayHelp || bindTry === bindTries) throw failed(started.reason);
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * We hold the lock, so a server still recorded as alive has lost its owner: two servers on one database would destroy
 * it. Returns the ports of the last engine, so that clients that know them find the new one.
 */
async function endOrphan(stateFolder: string): Promise<Partial<Ports>> {
  const read = await readEngineRecord(stateFolder);
  if (read.kind !== 'read') return {};
  const { record } = read;
  const deadline = performance.now() + stopGraceMs;
  while (await isSameProcess(record)) {
    process.kill(record.pid, 'SIGKILL');
    if (performance.now() > deadline) throw failed(`process ${record.pid} of an earlier engine does not end`);
    await new Promise((done) => setTimeout(done, 20));
  }
  return { port: Number(record.address.split(':').at(-1)), uiPort: Number(record.uiUrl.split(':').at(-1)) };
}

async function choosePorts(options: EmbeddedEngineOptions, last: Partial<Ports>): Promise<Ports> {
  const choose = async (kind: keyof Ports, avoid: readonly number[]): Promise<number> => {
    const wanted = options[kind];
    if (wanted !== undefined && wanted !== 0 && !(await portIsFree(wanted))) {
      throw failed(`port ${wanted} is taken, expected a free one; choose another or leave the setting out`);
    }
    return chooseFreePort(wanted === undefined ? [last[kind] ?? 0, usualPorts[kind]] : [wanted], avoid);
  };
  const port = await choose('port', []);
  const uiPort = await choose('uiPort', [port]);
  for (const [name, chosen, usual] of [
    ['gRPC', port, usualPorts.port],
    ['UI', uiPort, usualPorts.uiPort],
  ] as const) {
    if (chosen !== usual) options.log?.(`engine ${name} port ${chosen} (usual: ${usual})`);
  }
  return { port, uiPort };
}

function engineOf(started: StartedServer, stateFolder: string, clock: Clock, release: () => void): EmbeddedEngine {
  const { server, record } = started;
  const exited = server.exited.then(async (code) => {
    await markEngineEnded(stateFolder, clock.now());
    release();
    return code;
  });
  return {
    address: record.address,
    uiUrl: record.uiUrl,
    namespace: record.namespace,
    pid: record.pid,
    exited,
    async stop() {
      await server.stop(stopGraceMs);
      await exited;
    },
  };
}

function failed(reason: string): CountersignError {
  return new CountersignError('engine-unavailable', `Cannot start the engine: ${reason}`);
}
