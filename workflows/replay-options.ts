/**
 * What a command asks for beside its arguments: time limits, retries, summaries, search attributes. Read for the auditor out of
 * the commands that the SDK made; nothing here changes one.
 */
import type { WorkflowInternalsInterceptor } from '@temporalio/workflow';

type Command = Parameters<NonNullable<WorkflowInternalsInterceptor['concludeActivation']>>[0]['commands'][number];
type Duration = NonNullable<NonNullable<Command['startTimer']>['startToFireTimeout']>;

/** Of an activity or a timer, by its sequence number; or the search attributes that the run shows. */
export function optionsOf(command: Command): Record<string, unknown> | undefined {
  const summary = textOf(command.userMetadata?.summary?.data);
  const { scheduleActivity, scheduleLocalActivity, startTimer, upsertWorkflowSearchAttributes } = command;
  if (scheduleActivity) {
    const { seq, scheduleToCloseTimeout, scheduleToStartTimeout, startToCloseTimeout, heartbeatTimeout } =
      scheduleActivity;
    return {
      of: 'activity',
      seq,
      summary,
      scheduleToCloseMs: msOf(scheduleToCloseTimeout),
      scheduleToStartMs: msOf(scheduleToStartTimeout),
      startToCloseMs: msOf(startToCloseTimeout),
      heartbeatMs: msOf(heartbeatTimeout),
      retry: retryOf(scheduleActivity.retryPolicy),
    };
  }
  if (scheduleLocalActivity) return { of: 'local', seq: scheduleLocalActivity.seq, summary };
  if (startTimer) return { of: 'timer', seq: startTimer.seq, summary };
  const fields = upsertWorkflowSearchAttributes?.searchAttributes?.indexedFields;
  if (!fields) return undefined;
  const shown = Object.entries(fields).map(([name, { data }]) => [name, textOf(data)]);
  return { of: 'search-attributes', shown: Object.fromEntries(shown) };
}

function retryOf(policy: NonNullable<Command['scheduleActivity']>['retryPolicy']): Record<string, unknown> | null {
  if (!policy) return null;
  return {
    initialIntervalMs: msOf(policy.initialInterval),
    backoffCoefficient: policy.backoffCoefficient ?? null,
    maximumIntervalMs: msOf(policy.maximumInterval),
    maximumAttempts: policy.maximumAttempts ?? 0,
  };
}

/** Null for none: the server then fills in its own. */
function msOf(duration: Duration | null | undefined): number | null {
  return duration ? Number(duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1_000_000 : null;
}

function textOf(data: Uint8Array | null | undefined): string | null {
  return data ? new TextDecoder().decode(data) : null;
}
