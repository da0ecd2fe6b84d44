/**
 * The digest of a big file, made in a thread of its own: the engine's program is hashed at every start, and the rest of
 * the start must not wait behind it. This file is both sides.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, Worker, workerData } from 'node:worker_threads';

const purpose = 'countersign-sha256-of-file';
const chunkBytes = 1024 * 1024;

/** SHA-256 of a file's bytes, lower-case hex. @throws the file system's own error */
export async function sha256OfFile(path: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: { purpose, path }, execArgv: ['--no-warnings'] });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the thread that hashes "${path}" ended with ${code}`)));
  });
}

/** The thread's side, and only of a thread that this file started. */
const asked: unknown = workerData;
if (isTask(asked)) parentPort?.postMessage(hash(asked.path));

function isTask(value: unknown): value is { path: string } {
  const has = typeof value === 'object' && value !== null && 'purpose' in value && 'path' in value;
  return has && value.purpose === purpose && typeof value.path === 'string';
}

function hash(path: string): string {
  const digest = createHash('sha256');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk))
      digest.update(chunk.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return digest.digest('hex');
}
