/**
 * Opens a file below a folder, for tools whose path a model chose. Promises that the opened file is the one below the
 * folder: every component is opened without following links, from its already opened parent, so that nobody can swap one
 * for a link between check and use. Linux; elsewhere it refuses.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readlink, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { codeOf } from '../core/errors.ts';
import { ToolFailure } from './tool-failure.ts';

export type OpenMode = 'read' | 'write' | 'append' | 'create';

const flagsByMode: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_WRONLY | constants.O_CREAT,
  append: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
};

/**
 * @param folder trusted, absolute; its own path may contain links.
 * @param path relative, chosen by somebody else.
 * @returns a handle of a regular file; the caller closes it.
 * @throws {ToolFailure} when the path leaves the folder, meets a link, or is no regular file.
 */
export async function openInFolder(folder: string, path: string, mode: OpenMode): Promise<FileHandle> {
  const parts = partsOf(path);
  const name = parts.pop() ?? refuse('it names no file');
  let parent = await open(await realpath(folder), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const part of parts) {
      const next = await openAt(parent, part, constants.O_RDONLY | constants.O_DIRECTORY);
      await parent.close();
      parent = next;
    }
    // Non-blocking, so that a pipe somebody left there cannot hold the tool.
    const file = await openAt(parent, name, flagsByMode[mode] | constants.O_NONBLOCK);
    await regularOnly(file);
    // Only now: before the check it would have emptied a file outside by its second name.
    if (mode === 'write') await file.truncate(0);
    return file;
  } finally {
    await parent.close();
  }
}

/** Makes the folders on the way to a file, each below the folder; an existing link is refused by the open that follows. */
export async function makeFoldersInFolder(folder: string, path: string): Promise<void> {
  const parts = partsOf(path).slice(0, -1);
  let parent = await open(await realpath(folder), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const part of parts) {
      await mkdir(childPath(parent, part), { mode: 0o700 }).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
      const next = await openAt(parent, part, constants.O_RDONLY | constants.O_DIRECTORY);
      await parent.close();
      parent = next;
    }
  } finally {
    await parent.close();
  }
}

/** Text of a file below the folder, at most so many bytes. @throws {ToolFailure} */
export async function readTextInFolder(folder: string, path: string, maxBytes = 1024 * 1024): Promise<string> {
  const file = await openInFolder(folder, path, 'read');
  try {
    const { size } = await file.stat();
    if (size > maxBytes) refuse(`it has ${size} bytes, at most ${maxBytes} are read`);
    return await readBounded(file, maxBytes);
  } finally {
    await file.close();
  }
}

/** A command that still runs may write faster than the file is read: its size at the start is no bound. */
async function readBounded(file: FileHandle, maxBytes: number): Promise<string> {
  const bytes = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length <= maxBytes; length += read) {
    ({ bytesRead: read } = await file.read(bytes, length, bytes.length - length, length));
  }
  if (length > maxBytes) refuse(`it grew beyond ${maxBytes} bytes while it was read`);
  return bytes.toString('utf8', 0, length);
}

function partsOf(path: string): string[] {
  if (path.startsWith('/') || path.includes('\0') || path.includes('\\')) refuse('it is not a plain relative path');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) refuse('it goes up');
  return parts;
}

/** openat(2) by way of /proc: the parent is the opened folder itself, wherever its name points by now. */
async function openAt(parent: FileHandle, name: string, flags: number): Promise<FileHandle> {
  try {
    return await open(childPath(parent, name), flags | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    return refuse(reasonByCode[codeOf(error) ?? ''] ?? 'it cannot be opened');
  }
}

function childPath(parent: FileHandle, name: string): string {
  return `/proc/self/fd/${parent.fd}${sep}${name}`;
}

async function regularOnly(file: FileHandle): Promise<void> {
  const found = await file.stat();
  // A second name of a file outside the folder reads and writes that file: one name only. Who takes the name in here away once
  // the file is open leaves the one outside as the only one: so the name by which it was opened must still have been there
  // behind the count. The kernel marks a handle whose name was taken away, for good.
  const isHere = !(await readlink(`/proc/self/fd/${file.fd}`)).endsWith(' (deleted)');
  if (found.isFile() && found.nlink <= 1 && isHere) return;
  await file.close();
  if (!found.isFile()) refuse('it is not a regular file');
  refuse(isHere ? 'it has a second name' : 'it was taken away while it was opened');
}

const reasonByCode: Readonly<Record<string, string>> = {
  ELOOP: 'it goes through a symbolic link',
  ENOTDIR: 'it goes through something that is no folder, or a symbolic link',
  ENOENT: 'there is no such file',
  EEXIST: 'it exists',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be opened',
  ENXIO: 'it is not a regular file',
};

function refuse(is: string): never {
  throw new ToolFailure(`Cannot open the file: ${is}, expected a file below the work folder; give another path`);
}
