/**
 * Writes a file that appears whole or not at all, for its owner alone. What is already there stays as it is unless somebody said
 * otherwise, also when it appears while the new one is written.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathExists } from '../../packs/path-exists.ts';
import { codeOf, CountersignError, messageOf } from '../../core/errors.ts';

export interface WholeFileOptions {
  path: string;
  /** Replaces what is there. */
  force: boolean;
  /** Aborted: nothing is left behind. */
  stop: AbortSignal;
}

/** Null: it was told to stop, and left nothing. @throws {CountersignError} `conflict`, `input-invalid`, and what `work` throws */
export async function writeWholeFile<T>(
  options: WholeFileOptions,
  work: (write: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<T | null> {
  const { force, stop } = options;
  const path = resolve(options.path);
  if (!force && (await pathExists(path))) throw taken(options.path);
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

async function opened(temporary: string, path: string): Promise<FileHandle> {
  try {
    return await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    throw notWritable(path, error);
  }
}

/** A second name for the file fails where one is there; a rename would replace it. */
async function putInPlace(temporary: string, path: string, options: WholeFileOptions): Promise<void> {
  if (options.force) return await rename(temporary, path);
  try {
    await link(temporary, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw taken(options.path);
    // A file system without second names: what appeared since the first look is looked for once more.
    if (await pathExists(path)) throw taken(options.path);
    await rename(temporary, path);
  }
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
    `Cannot write "${path}": something is there, expected nothing; choose another name with --output, or replace it with --force`,
  );
}

function notWritable(path: string, cause: unknown): CountersignError {
  return new CountersignError(
    'input-invalid',
    `Cannot write "${path}": ${codeOf(cause) ?? messageOf(cause)}, expected a place where you may write; choose another with --output`,
    { cause },
  );
}
