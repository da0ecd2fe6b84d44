/**
 * Where the compiled code of this program is kept between starts, so that a start after a crash compiles nothing. Whoever
 * writes there decides what runs: it is read only from a private folder of this user, and only by commands that run the
 * code of a pack and use the keys beside it anyway.
 */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Environment } from '../worker/config.ts';

const startCommands = ['dev', 'worker', 'gateway'];

/** Known before the program itself is loaded, from a command line that is not yet parsed; undefined where there is none. */
export function codeCacheOf(argv: readonly string[], environment: Environment): string | undefined {
  if (!startCommands.includes(argv[0] ?? '')) return undefined;
  const given = argv.findLastIndex((word) => word === '--state' || word.startsWith('--state='));
  const flag = argv[given]?.startsWith('--state=') ? argv[given].slice('--state='.length) : argv[given + 1];
  const folder = resolve((given < 0 ? undefined : flag) || environment['COUNTERSIGN_STATE'] || '.countersign');
  return isPrivate(folder) ? join(folder, 'cache') : undefined;
}

function isPrivate(folder: string): boolean {
  try {
    const { uid, mode } = statSync(folder);
    return uid === process.geteuid?.() && (mode & 0o077) === 0;
  } catch {
    return false;
  }
}
