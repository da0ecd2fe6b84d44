/** How this program runs the embedded engine on a state folder, whoever starts it: `dev`, or a replay after `dev` ended. */
import type { EmbeddedEngineOptions } from '../engine/dev-server.ts';
import type { Config } from '../worker/config.ts';

/** Histories are kept for this long, days; after it only the store remembers a run. */
const retentionDays = 30;

export function engineOptions(
  { stateFolder, temporalNamespace: namespace }: Config,
  log: (line: string) => void,
): EmbeddedEngineOptions {
  return { stateFolder, namespace, retentionDays, synchronous: 'normal', log };
}
