/**
 * Opens a file that a command line names, for reading, and refuses what is no regular file without ever waiting: whoever opens a
 * named pipe waits in a thread for its writer, and a process whose thread waits does not even end on Ctrl-C.
 */
import { closeSync, constants, createReadStream, fstatSync, open as openByCallback } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

const openDescriptor = promisify(openByCallback) as (path: string, flags: number) => Promise<number>;

/** It says what is there instead; errors of the system come as they are. */
export class NoFile extends Error {}

/**
 * The caller closes it, or reads it to its end.
 *
 * @throws {NoFile} a folder, a pipe, a device, a socket; and what the system says, such as `ENOENT`
 */
export async function openFile(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  // Of what was opened, not of the name: that may lead elsewhere by now.
  const there = await handle.stat();
  if (there.isFile()) return handle;
  await handle.close();
  throw new NoFile(there.isDirectory() ? 'it is a folder' : 'it is no file');
}

/**
 * The bytes of a file, or of a pipe, such as a shell's `<(…)`. The event loop waits for a pipe's writer, as for a connection: no thread
 * does, and Ctrl-C ends it.
 * @throws {NoFile} a folder, a device; and what the system says
 */
export async function* bytesOfFileOrPipe(path: string): AsyncGenerator<Uint8Array> {
  // A bare descriptor: the stream closes it, and two owners would close it twice.
  const fd = await openDescriptor(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const there = fstatSync(fd);
  if (!there.isFile() && !there.isFIFO()) {
    closeSync(fd);
    throw new NoFile(there.isDirectory() ? 'it is a folder' : 'it is no file and no pipe');
  }
  yield* (
    there.isFile() ? createReadStream('', { fd }) : new Socket({ fd, readable: true, writable: false })
  ) as AsyncIterable<Uint8Array>;
}

/** Its bytes as they come. @throws as `openFile`, before the first of them */
export async function* bytesOfFile(path: string): AsyncGenerator<Uint8Array> {
  const handle = await openFile(path);
  yield* handle.createReadStream() as AsyncIterable<Uint8Array>;
}
