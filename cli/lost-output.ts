/**
 * What becomes of the program when standard output takes no more: a result that nobody has is not done. A reader that went away,
 * such as `head`, is left without a word; a full disk is said. What a check found stays its exit code in the first case, so that
 * no failed check ever passes for one that went well.
 */
import type { Writable } from 'node:stream';
import { codeOf, CountersignError, messageOf } from '../core/errors.ts';
import { exitCodes } from './exit-codes.ts';

export interface Output {
  /** Settles when everything has left. The fault, where standard output failed. */
  flushed(): Promise<Error | null>;
}

/** @param onLost asked to end the command, once; a command that is already done has returned by then */
export function watchOutput(stream: Writable, onLost: () => void): Output {
  let lost: Error | null = null;
  stream.on('error', (error) => {
    if (lost) return;
    lost = error;
    setImmediate(onLost);
  });
  return {
    flushed: () => new Promise((resolve) => void stream.write('', (error) => resolve(lost ?? error ?? null))),
  };
}

export type OutputEnd = { kind: 'exit'; exit: number } | { kind: 'failed'; error: CountersignError };

/** @param exit of the command; `interrupted` where it was left, or left itself, before its end */
export function endOfOutput(exit: number, lost: Error | null): OutputEnd {
  if (lost === null) return { kind: 'exit', exit };
  const code = codeOf(lost);
  if (code === 'EPIPE') return { kind: 'exit', exit: exit === exitCodes.interrupted ? exitCodes.unread : exit };
  return { kind: 'failed', error: cannotWriteOutput('standard output', code ?? messageOf(lost), lost) };
}

/** Also of a file: what is full, broken or beyond a quota. */
export function cannotWriteOutput(what: string, is: string, cause: unknown): CountersignError {
  return new CountersignError(
    'output-failed',
    `Cannot write ${what}: ${is}${is === 'ENOSPC' ? ' (the disk is full)' : ''}, expected room for the whole result; make room or write elsewhere, and look before you repeat what was done`,
    { cause },
  );
}
