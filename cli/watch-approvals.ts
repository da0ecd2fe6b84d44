/** Looks again and again at what waits, and hands on each request once, until it is stopped or nobody wants more. */
import { CountersignError } from '../core/errors.ts';
import type { ApprovalView } from '../client/gateway-schemas.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { type Listed, printUnreadable } from './list-approvals.ts';
import { nextPauseMs, pauseAfterMs } from './look-again.ts';

const pollMs = 1000;

export interface ApprovalWatch {
  look: () => Promise<Listed>;
  /** Those that had not been seen before. @returns an exit code: it ends there */
  onFresh: (fresh: readonly ApprovalView[]) => Promise<number | undefined> | undefined;
  /** After each look. @returns an exit code: nothing more can come */
  whyEnded?: () => Promise<number | undefined>;
}

/** @returns the exit code. A gateway that is out of reach, or wants fewer looks, is asked again. */
export async function watchApprovals(context: CommandContext, watched: ApprovalWatch): Promise<number> {
  const { terminal, json, pause } = context;
  const stop = context.takeStop();
  const seen = new Set<string>();
  const refused = new Set<string>();
  terminal.talk('Waiting for approvals; stop with Ctrl-C');
  let pauseMs = pollMs;
  while (!stop.aborted) {
    const listed = await unlessRetryable(watched.look());
    const { found, unreadable } = listed instanceof CountersignError ? { found: [], unreadable: [] } : listed;
    const fresh = found.filter(({ nonce }) => !seen.has(nonce));
    pauseMs =
      listed instanceof CountersignError
        ? pauseAfterMs(listed, pauseMs)
        : nextPauseMs(pollMs, pauseMs, fresh.length > 0);
    for (const approval of fresh) seen.add(approval.nonce);
    for (const one of unreadable.filter(({ nonce }) => !refused.has(nonce))) {
      refused.add(one.nonce);
      if (json) terminal.json({ unreadable: one });
      else printUnreadable(context, one);
    }
    const exit = await watched.onFresh(fresh);
    if (exit !== undefined) return exit;
    const ended = watched.whyEnded ? await unlessRetryable(watched.whyEnded()) : undefined;
    if (typeof ended === 'number') return ended;
    await pause(pauseMs, stop);
  }
  return exitCodes.interrupted;
}

/** @throws {CountersignError} what another look does not mend */
async function unlessRetryable<T>(look: Promise<T>): Promise<T | CountersignError> {
  return await look.catch((error: unknown) => {
    if (error instanceof CountersignError && error.retryable) return error;
    throw error;
  });
}
