/**
 * Writes a file that appears whole or not at all, for its owner alone. What is already there stays as it is unless somebody said
 * otherwise, also when it appears while the new one is written. What is no regular file (a device, a pipe, a link) always stays:
 * a rename would put a file in its place, and a host without /dev/null is broken.
 */
import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { cannotWriteOutput } from '../lost-output.ts';
import { codeOf, CountersignError, messageOf } from '../../core/errors.ts';

export interface WholeFileOptions {
  path: string;
  /** Replaces a regular file that is there. */
  force: boolean;
  /** Aborted: nothing is left behind. */
  stop: AbortSignal;
}

/** Null: it was told to stop, and left nothing. @throws {CountersignError} `conflict`, `input-invalid`, `output-failed`, and what `work` throws */
export async function writeWholeFile<T>(
  options: WholeFileOptions,
  work: (write: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T | null> {
  const { stop } = options;
  const path = resolve(options.path);
  await refuseWhatIsThere(path, options);
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomUUID()}.tmp`);
  const file = await opened(temporary, options.path);
  try {
    const result = await work(async (bytes) => {
      stop.throwIfAborted();
      await file.writeFile(bytes);
    });
    await file.sync();
    await file.close();
    stop.throwIfAborted();
    await putInPlace(temporary, path, options);
    await syncFolder(dirname(path));
    return result;
  } catch (error) {
    if (stop.aborted) return null;
    if (error instanceof CountersignError || codeOf(error) === undefined) throw error;
    throw notWritable(options.path, error);
  } finally {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
  }
}

/**
 * For work that is long or starts processes: said before it begins. The writing looks again.
 *
 * @throws {CountersignError} `conflict`, `input-invalid`
 */
export async function refuseUnusableTarget(options: Pick<WholeFileOptions, 'path' | 'force'>): Promise<void> {
  const path = resolve(options.path);
  await refuseWhatIsThere(path, options);
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw notWritable(options.path, error);
  });
}

async function opened(temporary: string, path: string): Promise<FileHandle> {
  try {
    return await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    throw notWritable(path, error);
  }
}

/** A second name for the file fails where one is there; a rename would replace it. */
async function putInPlace(temporary: string, path: string, options: WholeFileOptions): Promise<void> {
  if (!options.force) {
    try {
      return await link(temporary, path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw taken(options.path);
      // A file system without second names: what appeared since the first look is looked for once more.
    }
  }
  await refuseWhatIsThere(path, options);
  await rename(temporary, path);
}

/** Looks at the name itself: a link is something, wherever it leads. */
async function refuseWhatIsThere(path: string, options: Pick<WholeFileOptions, 'path' | 'force'>): Promise<void> {
  const there = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw notWritable(options.path, error);
  });
  if (there === null) return;
  if (!there.isFile()) throw noFile(options.path, kindOf(there));
  if (!options.force) throw taken(options.path);
}

function kindOf(there: Stats): string {
  if (there.isDirectory()) return 'a folder';
  if (there.isSymbolicLink()) return 'a symbolic link';
  return there.isFIFO() ? 'a named pipe' : 'a device or a socket';
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function taken(path: string): CountersignError {
  return new CountersignError(
    'conflict',
    `Cannot write "${path}": a file is there, expected nothing; choose another name, or replace it with --force`,
  );
}

function noFile(path: string, kind: string): CountersignError {
  return new CountersignError(
    'conflict',
    `Cannot write "${path}": ${kind} is there, expected nothing or a regular file; choose another name`,
  );
}

function notWritable(path: string, cause: unknown): CountersignError {
  const code = codeOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') return cannotWriteOutput(`"${path}"`, code, cause);
  const is = code === 'ENOENT' ? `the folder "${dirname(path)}" is not there` : (code ?? messageOf(cause));
  const remedy = code === 'ENOENT' ? 'make it, or choose another place' : 'choose another';
  return new CountersignError(
    'input-invalid',
    `Cannot write "${path}": ${is}, expected a place where you may write; ${remedy}`,
    { cause },
  );
}
