/**
 * Schedules a permitted execution under the activity id that names call, try, pass, purpose and arguments. The id is
 * computed here from the arguments that are sent, so that Temporal's own replay proves them.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Decided, RunToolResult } from '../../core/contracts/activities.ts';
import { activityIdOf } from '../../core/contracts/call-names.ts';
import { digestText } from '../../core/digest.ts';
import type { Remote } from '../activities.ts';
import { onReset } from '../reset-watch.ts';
import type { RunMemory } from '../run-state.ts';

/**
 * Beyond the tool's own time, ms: run-tool ends the tool at start-to-close and still has to record what came of it. Less
 * than the margin after which a probe's "did not happen" counts.
 */
const lateReceiptMs = 4000;
/** Beyond all that an execution may take, until it counts as lost, ms. */
const lostMarginMs = 2000;

export type Execution = RunToolResult | { kind: 'cancelled' };

/** @throws {ApplicationFailure} where the permit is not for these arguments: the record would not be the execution. */
export async function executeCall(run: RunMemory, remote: Remote, decided: Decided): Promise<Execution> {
  const { body, expiresAt } = decided.decision;
  if (body.verdict !== 'allow' || decided.arguments === null || !decided.tool) throw notAPermit();
  const activityId = activityIdOf({
    ...body,
    tool: body.tool.name,
    argumentsDigest: digestText('arguments', decided.arguments),
  });
  if (activityId !== body.activityId) throw notAPermit();
  const input = { permit: decided.decision, arguments: decided.arguments, votes: decided.votes };
  const options = {
    activityId,
    summary: `${body.purpose} ${body.tool.name} (try ${body.try})`,
    taskQueue: body.taskQueue,
    scheduleToStartTimeout: Math.max(1000, (expiresAt ?? 0) - Date.now()),
    startToCloseTimeout: decided.tool.startToCloseMs + lateReceiptMs,
  };
  const longestMs = options.scheduleToStartTimeout + options.startToCloseTimeout + lostMarginMs;
  run.inFlight += 1;
  run.executing.add(body.callKey);
  const lost = lostToReset(longestMs);
  try {
    return await Promise.race([remote.tools.runTool.executeWithOptions(options, [input]), lost.noticed]);
  } catch (error) {
    return ofFailure(error);
  } finally {
    lost.stop();
    run.executing.delete(body.callKey);
    run.inFlight -= 1;
  }
}

/**
 * Behind a reset nothing ends the wait for an execution that no worker takes. After all the time that it could have had nothing is
 * known of it; should it start later still, its permit has ended.
 */
function lostToReset(longestMs: number): { noticed: Promise<Execution>; stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<Execution>();
  const stop = onReset(() => {
    const summary = 'an execution from before the reset';
    void sleep(longestMs, { summary }).then(() => resolve({ kind: 'unknown', reason: 'lost to a reset' }));
  });
  return { noticed: promise, stop };
}

function ofFailure(error: unknown): Execution {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  // Not handed to any worker in the permit's life: nothing can have started.
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') {
    return { kind: 'not-started', code: 'schedule-to-start', reason: 'no worker took it in time' };
  }
  if (isCancellation(error) || CancellationScope.current().consideredCancelled) return { kind: 'cancelled' };
  return { kind: 'unknown', reason: cause instanceof Error ? cause.name : 'it ended without a result' };
}

function notAPermit(): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    'Cannot execute a call: its decision is not a permit for these arguments, expected the gate’s own; start a new run',
    'permit-invalid',
  );
}
