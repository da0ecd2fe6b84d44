/**
 * Looks at a run again and again until it ends. A gateway that goes away for a while (a restart after a crash) is waited
 * for; the run itself never depends on anybody watching.
 */
import type { Countersign } from '../client/gateway-client.ts';
import type { RunDetail } from '../client/run-detail-schemas.ts';
import { CountersignError } from '../core/errors.ts';
import { nextPauseMs, type Pause, pauseAfterMs } from './look-again.ts';
import { changesBetween, hasEnded, type RunChange } from './show/run-changes.ts';

export interface FollowOptions {
  /** Connects anew for each look: a restarted gateway may have another address. */
  connect: () => Promise<Countersign>;
  workflowId: string;
  stop: AbortSignal;
  onChange: (change: RunChange) => void;
  pause: Pause;
  /** While things change, ms. @default 400 */
  pollMs?: number;
  /** How long a gateway may be out of reach at a stretch, ms. @default 60_000 */
  patienceMs?: number;
}

/** A worker that starts, or is busy, may miss one. */
const looksToBeSilent = 3;

/** A run's own word says only that a request is gone; how it ended is in the gate's record. */
async function withOutcome(gateway: Countersign, workflowId: string, change: RunChange): Promise<RunChange> {
  if (change.kind !== 'answered') return change;
  try {
    // Of the list: asking for the request by itself would be on record as somebody looking at its card.
    const { approvals } = await gateway.approvals.list({ state: 'all', workflowId, limit: 200 });
    const outcome = approvals.find(({ nonce }) => nonce === change.nonce)?.outcome;
    return outcome === undefined ? change : { ...change, outcome };
  } catch {
    // A key that may not read approvals still watches.
    return change;
  }
}

/** @returns the last look, or undefined when stopped before the end. @throws {CountersignError} */
export async function followRun(options: FollowOptions): Promise<RunDetail | undefined> {
  const { connect, workflowId, stop, onChange, pause, pollMs = 400, patienceMs = 60_000 } = options;
  let last: RunDetail | undefined;
  let unreachableSince: number | undefined;
  let silentLooks = 0;
  let pauseMs = pollMs;
  while (!stop.aborted) {
    try {
      const gateway = await connect();
      const detail = await gateway.runs.get(workflowId);
      unreachableSince = undefined;
      const changes = changesBetween(last, detail);
      for (const change of changes) onChange(await withOutcome(gateway, workflowId, change));
      if (hasEnded(detail)) return detail;
      silentLooks = detail.engine === 'running' && detail.live === null ? silentLooks + 1 : 0;
      if (silentLooks === looksToBeSilent) onChange({ kind: 'silent' });
      pauseMs = nextPauseMs(pollMs, pauseMs, changes.length > 0);
      // A look without the run's own word would make everything look new at the next one.
      last = detail.live === null && last ? { ...detail, live: last.live } : detail;
    } catch (error) {
      if (!(error instanceof CountersignError) || !error.retryable) throw error;
      pauseMs = pauseAfterMs(error, pauseMs);
      // The gateway is there and says when: it is waited for as long as it says.
      if (error.code === 'rate-limited') {
        unreachableSince = undefined;
        await pause(pauseMs, stop);
        continue;
      }
      const now = performance.now();
      if (unreachableSince === undefined) onChange({ kind: 'out-of-reach', reason: error.code });
      unreachableSince ??= now;
      if (now - unreachableSince > patienceMs) throw error;
    }
    await pause(pauseMs, stop);
  }
  return undefined;
}
