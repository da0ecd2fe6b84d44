/**
 * What `countersign doctor` says of the machine and the engine: each part with its version, and what to do about a part
 * that is missing. It only looks: it fetches, starts and changes nothing, and never throws.
 */
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { readCliVersion } from './cli-version.ts';
import type { Check } from './check.ts';
import { findEmbeddedEngine } from './engine-record.ts';
import { cliVariable, type FindCliOptions, findTemporalCli, type TemporalCli } from './find-temporal-cli.ts';
import { nativeChecks } from './native-checks.ts';
import { runProgram } from './run-program.ts';

export interface EngineChecksOptions {
  /** @default '.countersign' in the current folder */
  readonly stateFolder?: string;
  /** How the CLI is looked for; it is never fetched here. */
  readonly find?: Omit<FindCliOptions, 'download' | 'progress'>;
}

const neededNodeMajor = 24;
const neededFreeBytes = 1_000_000_000;

/** In the order in which a person should mend them. */
export async function engineChecks(options: EngineChecksOptions = {}): Promise<Check[]> {
  const stateFolder = resolve(options.stateFolder ?? '.countersign');
  const cli = await lookForCli(options.find);
  return [
    checkNode(process.versions.node),
    cli.check,
    ...(await nativeChecks()),
    await checkPip(cli.found !== undefined, options.find?.environment),
    await checkStateFolder(stateFolder),
    await checkDisk(stateFolder),
    await checkEngine(stateFolder),
  ];
}

function checkNode(version: string): Check {
  const ok = Number(version.split('.')[0]) >= neededNodeMajor;
  const found = { name: 'Node.js', ok, version, detail: process.execPath };
  return ok ? found : { ...found, remedy: `install Node.js ${neededNodeMajor} or newer` };
}

async function lookForCli(find: EngineChecksOptions['find']): Promise<{ found?: TemporalCli; check: Check }> {
  const name = 'Temporal CLI';
  try {
    const found = await findTemporalCli({ ...find, download: false, progress: () => undefined });
    const { serverVersion } = await readCliVersion(found.path);
    const server = serverVersion === undefined ? '' : `, server ${serverVersion}`;
    const detail = `${found.path} (${found.source}${server})`;
    return { found, check: { name, ok: true, version: found.version, detail } };
  } catch (error) {
    const remedy = `start once with \`countersign dev\`, which fetches it, or install it and set ${cliVariable} to its path`;
    return { check: { name, ok: false, detail: messageOf(error), remedy } };
  }
}

async function checkPip(cliFound: boolean, environment: NodeJS.ProcessEnv | undefined): Promise<Check> {
  const name = 'Python 3 with pip';
  try {
    const { stdout } = await runProgram('python3', ['-m', 'pip', '--version'], { timeoutMs: 20_000, environment });
    const [, version = '', python = ''] = /^pip (\S+).*\(python (\S+)\)/.exec(stdout) ?? [];
    const detail = cliFound ? 'not needed, the Temporal CLI is here' : 'can fetch the Temporal CLI';
    return { name, ok: true, version: `${python}, pip ${version}`, detail };
  } catch (error) {
    const detail = messageOf(error);
    if (cliFound) return { name, ok: true, detail: `${detail}; not needed, the Temporal CLI is here` };
    return { name, ok: false, detail, remedy: 'install Python 3 with pip, or the Temporal CLI itself' };
  }
}

async function checkStateFolder(stateFolder: string): Promise<Check> {
  const name = 'State folder';
  const existing = await nearestExisting(stateFolder);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
    const found = await stat(existing);
    if (!found.isDirectory()) throw new Error(`${existing} is not a folder`);
    const foreign = existing === stateFolder && found.uid !== (process.geteuid?.() ?? found.uid);
    if (foreign) throw new Error(`${existing} belongs to another user`);
    return { name, ok: true, detail: existing === stateFolder ? stateFolder : `${stateFolder} (will be made)` };
  } catch (error) {
    return {
      name,
      ok: false,
      detail: messageOf(error),
      remedy: `make ${existing} a folder that this user owns and may write, or choose another`,
    };
  }
}

async function checkDisk(stateFolder: string): Promise<Check> {
  const name = 'Free disk space';
  try {
    const { bavail, bsize } = await statfs(await nearestExisting(stateFolder));
    const free = bavail * bsize;
    const detail = `${(free / 1e9).toFixed(1)} GB free for ${stateFolder}`;
    if (free >= neededFreeBytes) return { name, ok: true, detail };
    return { name, ok: false, detail, remedy: `free at least ${neededFreeBytes / 1e9} GB, or move the state folder` };
  } catch (error) {
    return { name, ok: false, detail: messageOf(error), remedy: 'move the state folder to a local disk' };
  }
}

/** Not running is not a fault: `countersign dev` starts it. */
async function checkEngine(stateFolder: string): Promise<Check> {
  const name = 'Embedded engine';
  const state = await findEmbeddedEngine(stateFolder);
  switch (state.kind) {
    case 'running':
      return { name, ok: true, detail: `running at ${state.record.address}, UI ${state.record.uiUrl}` };
    case 'stale':
      return { name, ok: true, detail: `not running (${state.reason}; the next start clears that up)` };
    case 'none':
      return { name, ok: true, detail: 'not running' };
  }
}

async function nearestExisting(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined || folder === dirname(folder)) return folder;
  }
}
