/**
 * What `dev`, `worker` and `gateway` check and do before they load what is heavy: settings that are missing, another program
 * on the same folder, the state folder itself, and the code cache in it.
 */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { pathExists } from '../packs/path-exists.ts';
import { CountersignError } from '../core/errors.ts';
import { portIsFree } from '../engine/ports.ts';
import { type Config, variableByName } from '../worker/config.ts';
import type { CommandContext } from './context.ts';
import { findGateway } from './gateway-record.ts';
import { makeFolder } from './make-folder.ts';
import { requireOwner, unusableState } from './own-folder.ts';

/** A compatible server may want no key. @throws {CountersignError} `config-invalid` */
export function requireModelKey(config: Config): void {
  if (config.openaiBaseUrl !== undefined || config.openaiApiKey !== undefined) return;
  throw new CountersignError(
    'config-invalid',
    `Cannot start a worker: neither "${variableByName.openaiApiKey}" nor "${variableByName.openaiBaseUrl}" is set, expected one of the two; set the key, or the address of a compatible server`,
  );
}

/** The engine's lock refuses too; this says it before anything is started, and also without an engine. */
export async function refuseSecondGateway(config: Config): Promise<void> {
  const found = await findGateway(config);
  if (found.kind !== 'running') return;
  throw new CountersignError(
    'conflict',
    `Cannot start on state folder "${config.stateFolder}": process ${found.record.pid} runs on it at ${found.record.url}, expected none; use that one, stop it, or choose another folder with --state`,
  );
}

/** Said before a port, a process or a folder is taken: the usual slip is a path. @throws {CountersignError} `pack-invalid` */
export async function refuseMissingPack(folder: string): Promise<void> {
  if (await pathExists(join(folder, 'agent.yaml'))) return;
  const { loadPack } = await import('../packs/load-pack.ts');
  await loadPack(folder);
}

/** Of this machine's loopback. @param port absent or 0: any. @throws {CountersignError} `config-invalid` */
export async function refuseTakenPort(port: number | undefined): Promise<void> {
  if (port === undefined || port === 0 || (await portIsFree(port))) return;
  throw new CountersignError(
    'config-invalid',
    `Cannot start the gateway on port ${port}: it is taken, expected a free one; choose another with --port, or leave it out`,
  );
}

/** For its owner only: keys, histories and bodies lie in it. @throws {CountersignError} `config-invalid` */
export async function prepareState({ cacheCode }: Pick<CommandContext, 'cacheCode'>, config: Config): Promise<void> {
  const { stateFolder, paths } = config;
  try {
    await makeFolder(stateFolder, 0o700);
    await requireOwner(stateFolder);
    await chmod(stateFolder, 0o700);
  } catch (error) {
    throw unusableState(stateFolder, error);
  }
  // The start after a crash does not compile everything again.
  cacheCode(paths.cache);
}
