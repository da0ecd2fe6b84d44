/**
 * What the model activities need of Temporal's activity context, as a port: who they are, heartbeats, cancellation.
 * The default reads `Context.current()`; unit tests hand in their own and need no server.
 */
import { Context } from '@temporalio/activity';
import { failure } from './model-failure.ts';

export interface ActivityPort {
  workflowId: string;
  linkRunId: string;
  /** Absent when the workflow set none: then nothing is sent. */
  heartbeatTimeoutMs: number | undefined;
  cancellationSignal: AbortSignal;
  heartbeat(): void;
}

/** @throws {ApplicationFailure} `run-refused` for an activity that no workflow started. */
export function currentActivity(): ActivityPort {
  const context = Context.current();
  const execution = context.info.workflowExecution;
  if (!execution) {
    throw failure(
      'run-refused',
      'Cannot call the model: the activity was started on its own, expected one that a run started',
    );
  }
  return {
    workflowId: execution.workflowId,
    linkRunId: execution.runId,
    heartbeatTimeoutMs: context.info.heartbeatTimeoutMs,
    cancellationSignal: context.cancellationSignal,
    heartbeat: () => context.heartbeat(),
  };
}

/** Heartbeats at half of the time-out while `work` runs: cancellation reaches an activity in no other way. */
export async function withHeartbeat<T>(activity: ActivityPort, work: () => Promise<T>): Promise<T> {
  if (!activity.heartbeatTimeoutMs) return await work();
  const timer = setInterval(() => activity.heartbeat(), Math.max(1, Math.floor(activity.heartbeatTimeoutMs / 2)));
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
