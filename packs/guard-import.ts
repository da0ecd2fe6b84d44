/**
 * Says so when a pack's code ends the process while it is loaded: by `process.exit`, or by waiting for what never comes,
 * which empties the event loop. Without this both look like a start that went well, or end without a word.
 */
import { writeSync } from 'node:fs';
import { errorMeanings } from '../core/contracts/errors.ts';
import { messageOf } from '../core/errors.ts';

/** Codes from here on are a signal's, such as Ctrl-C's: the reader ended it. */
const firstSignalCode = 128;
/** Node's own: nothing is left to do, and a top-level `await` still waits. */
const unsettledCode = 13;

/** @param problem says what is wrong when the process ends before `load` has settled */
export async function guardImport<T>(load: () => Promise<T>, problem: (found: string) => Error): Promise<T> {
  const say = (code: number): void => {
    if (code >= firstSignalCode) return;
    const found =
      code === unsettledCode ? 'code that waits for what never comes' : 'code that ends the process while it loads';
    process.exitCode = errorMeanings['pack-invalid'].exit;
    writeSync(2, `countersign: ${messageOf(problem(found))}\nwhat to do: countersign errors pack-invalid\n`);
  };
  process.on('exit', say);
  try {
    return await load();
  } finally {
    process.off('exit', say);
  }
}
