/**
 * The first half of `dev`, in the order in which a start after a crash is shortest: the engine's program is looked for and
 * hashed in a thread while the pack is loaded, and the engine boots while the rest of this program is.
 */
import type { EmbeddedEngine } from '../engine/dev-server.ts';
import type { AgentPack } from '../packs/load-pack.ts';
import type { Config } from '../worker/config.ts';
import type { CommandContext } from './context.ts';
import { engineOptions } from './engine-options.ts';

/** An export or a replay that has started the folder's engine for itself ends it in this time, as a rule. */
const engineWaitMs = 15_000;

export interface BegunDev {
  pack: AgentPack;
  /** On its way; undefined where none is wanted. */
  engine: Promise<EmbeddedEngine | undefined>;
}

/** @throws {CountersignError} `pack-invalid`, before any process is started */
export async function beginDev(
  { terminal }: Pick<CommandContext, 'terminal'>,
  config: Config,
  folder: string,
  withEngine: boolean,
): Promise<BegunDev> {
  const log = (line: string): void => terminal.talk(line);
  const { findTemporalCli } = await import('../engine/find-temporal-cli.ts');
  const cli = withEngine ? findTemporalCli({ progress: log }) : undefined;
  cli?.catch(met);
  const { loadPackFolder } = await import('./parts/load-pack-folder.ts');
  const pack = await loadPackFolder(folder);
  if (!cli) return { pack, engine: Promise.resolve(undefined) };
  const { startEmbeddedEngine } = await import('../engine/dev-server.ts');
  const options = engineOptions(config, log);
  const engine = cli.then((found) => startEmbeddedEngine({ ...options, lockWaitMs: engineWaitMs, cli: found }));
  engine.catch(met);
  return { pack, engine };
}

/** Whoever waits for it meets it. */
function met(): void {}
