/**
 * What the server's record says of a run that does not get on: activities that failed and are tried again, and how a run
 * ended that no workflow ended. Facts of the engine; a workflow's word is not asked.
 */
import type { Client } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';

/** A try of an activity that failed, and will be made again. */
export interface FailingActivity {
  /** As its type is called. */
  activity: string;
  /** Of the try that runs now or comes next, from 1. */
  attempt: number;
  reason: string;
  /** Null: one runs now. */
  nextAttemptAt: number | null;
}

/** How the server says a run ended. */
export type EngineEnding = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out';

export interface RunFailure {
  /** Of the closed set where the failure is ours, else what kind of end it was. */
  code: string;
  message: string;
}

const endingByStatus: Readonly<Record<number, EngineEnding>> = {
  2: 'completed',
  3: 'failed',
  4: 'cancelled',
  5: 'terminated',
  7: 'timed-out',
};

type Description = Awaited<ReturnType<Client['workflowService']['describeWorkflowExecution']>>;
type Pending = Description['pendingActivities'][number];

export function endingOf(status: number | null | undefined): EngineEnding | undefined {
  return endingByStatus[status ?? 0];
}

/** Those that never failed are work, not trouble. */
export function failingActivities(pending: readonly Pending[] | null | undefined): FailingActivity[] {
  return (pending ?? []).flatMap(({ activityType, attempt, lastFailure, nextAttemptScheduleTime: next }) => {
    if (!lastFailure) return [];
    const nextAttemptAt = next ? Number(next.seconds ?? 0) * 1000 + Math.trunc((next.nanos ?? 0) / 1_000_000) : null;
    return [
      { activity: activityType?.name ?? '', attempt: attempt ?? 1, reason: lastFailure.message ?? '', nextAttemptAt },
    ];
  });
}

/** Undefined where it was cancelled: then nothing failed. */
export function failureOf(cause: unknown): RunFailure | undefined {
  const failure = cause instanceof ActivityFailure ? cause.cause : cause;
  if (failure instanceof CancelledFailure) return undefined;
  const message = failure instanceof Error ? failure.message : '';
  if (failure instanceof ApplicationFailure) return { code: failure.type ?? 'internal-fault', message };
  if (failure instanceof TerminatedFailure) return { code: 'terminated', message };
  if (failure instanceof TimeoutFailure) return { code: 'timed-out', message };
  return { code: 'internal-fault', message };
}
