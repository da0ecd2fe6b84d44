/** Exit codes of the program. Errors have theirs in core/contracts/errors.ts; these are of runs and of the rest. */
import type { RunOutcome } from '../core/contracts/activities.ts';
import { errorMeanings } from '../core/contracts/errors.ts';

export const exitCodes = {
  done: 0,
  /** Something that was looked at is not as it should be. */
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  ended: 5,
  interrupted: 130,
  /** Whoever read standard output went away before the command was done; as of a program that SIGPIPE ends. */
  unread: 141,
} as const;

const exitByOutcome: Readonly<Record<RunOutcome, number>> = {
  completed: exitCodes.done,
  refused: exitCodes.refused,
  cancelled: exitCodes.ended,
  'limit-reached': exitCodes.ended,
  failed: exitCodes.failed,
};

/**
 * @param outcome null or an unknown word: the run ended without one, such as a run that did not open, or a terminated one
 * @param failureCode why it failed: an error code has the exit code of the error
 */
export function exitOfOutcome(outcome: string | null, failureCode?: string): number {
  const known = Object.entries(exitByOutcome).find(([name]) => name === outcome);
  if (known) return known[1];
  const meaning = Object.entries(errorMeanings).find(([code]) => code === failureCode);
  return meaning ? meaning[1].exit : exitCodes.failed;
}
