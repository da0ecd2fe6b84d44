/**
 * A log file that cannot fill the disk: at the limit it becomes `<file>.1` (replacing the one before) and starts anew.
 * It also keeps the last lines in memory, to say why a start failed. Writing is synchronous and never throws.
 */
import { appendFileSync, renameSync, statSync } from 'node:fs';

export interface BoundedLog {
  write(chunk: Buffer): void;
  /** The last lines written, oldest first. */
  tail(): readonly string[];
}

/** As much as a server writes that ends by a panic: its reason stands before the stacks of all its threads. */
const tailBytes = 262_144;

/** @param limitBytes size at which the file is turned over; at most about twice that is kept */
export function openBoundedLog(path: string, limitBytes: number): BoundedLog {
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let last = '';
  return {
    write(chunk) {
      last = (last + chunk.toString('utf8')).slice(-tailBytes);
      try {
        if (size > 0 && size + chunk.length > limitBytes) {
          renameSync(path, `${path}.1`);
          size = 0;
        }
        appendFileSync(path, chunk, { mode: 0o600 });
        size += chunk.length;
      } catch {
        // A full disk must not take the engine's owner down with it; the tail in memory still has the reason.
      }
    },
    tail: () => last.split('\n').filter((line) => line.trim() !== ''),
  };
}
