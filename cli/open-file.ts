/**
 * Opens a file that a command line names, for reading, and refuses what is no regular file without ever waiting: whoever opens a
 * named pipe waits in a thread for its writer, and a process whose thread waits does not even end on Ctrl-C.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

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

/** Its bytes as they come. @throws as `openFile`, before the first of them */
export async function* bytesOfFile(path: string): AsyncGenerator<Uint8Array> {
  const handle = await openFile(path);
  yield* handle.createReadStream() as AsyncIterable<Uint8Array>;
}
