/**
 * A folder for a bundle that is made from source: the state folder's where there is one that can be written. A replay must
 * not make a state folder on a machine that has none; its cache is then a folder of its own, removed afterwards.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../worker/config.ts';
import { whyNotWritable } from './may-write.ts';

export async function withCacheFolder<T>(
  { stateFolder, paths }: Config,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  if ((await whyNotWritable(stateFolder)) === undefined) return await work(paths.cache);
  const folder = await mkdtemp(join(tmpdir(), 'countersign-cache-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
