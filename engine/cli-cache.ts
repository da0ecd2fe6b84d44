/**
 * The user's cache of pinned Temporal CLIs. A program enters it only by an atomic rename after its digest was checked,
 * and is checked again each time it is taken out: a half-written or altered file is never run.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { processIsAlive } from './process-identity.ts';
import { sha256OfFile } from './sha256-of-file.ts';

/** `$XDG_CACHE_HOME/countersign`, or `~/.cache/countersign` where the variable is unset or not an absolute path. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const configured = environment['XDG_CACHE_HOME'];
  const home = environment['HOME'] ?? homedir();
  const base = configured !== undefined && isAbsolute(configured) ? configured : join(home, '.cache');
  return join(base, 'countersign');
}

export function cachedProgramPath(folder: string, version: string, platform: string): string {
  return join(folder, `temporal-${version}-${platform}`);
}

/** @throws Error when the file's digest is not the expected one; names both, never the content */
export async function requireDigest(path: string, what: string, expected: string): Promise<void> {
  const actual = await sha256OfFile(path);
  if (actual !== expected) throw new Error(`${what} has SHA-256 ${actual}, expected the pinned ${expected}`);
}

/** Checks the fetched program, then moves it into place; whoever loses a race replaces equal bytes with equal bytes. */
export async function installProgram(fetched: string, target: string, expectedSha256: string): Promise<void> {
  await requireDigest(fetched, 'the program', expectedSha256);
  await chmod(fetched, 0o755);
  await rename(fetched, target);
}

/** Runs `use` with an empty folder on the cache's file system (so that rename is atomic), removed afterwards. */
export async function withWorkFolder<T>(cache: string, use: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(cache, { recursive: true });
  await removeAbandoned(cache);
  const folder = join(cache, `fetch-${process.pid}-${randomUUID()}`);
  await mkdir(folder, { mode: 0o700 });
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Size in bytes of all files below a folder; files that vanish meanwhile count as nothing. */
export async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const found = await stat(join(folder, entry)).catch(() => undefined);
      return found?.isFile() === true ? found.size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A process that was killed while fetching leaves its folder behind; the process id in its name says whose it is. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /^fetch-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !processIsAlive(Number(pid))) {
      await rm(join(cache, name), { recursive: true, force: true });
    }
  }
}
