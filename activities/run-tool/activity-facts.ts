/**
 * What the worker itself knows of the activity it runs: the facts that a permit is held against. Whoever can write to the
 * namespace chooses an activity's input, but not these (a standalone or local start is refused here).
 */
import { Context } from '@temporalio/activity';
import { workflowTypes } from '../../core/contracts/run-names.ts';

export interface ActivityFacts {
  workflowId: string;
  linkRunId: string;
  activityId: string;
  taskQueue: string;
  attempt: number;
  /** Absent: the activity must not heartbeat. */
  heartbeatTimeoutMs?: number;
  /** Aborted on cancellation and when the worker drains. */
  signal: AbortSignal;
  heartbeat(): void;
}

export type ReadActivityFacts = () => { kind: 'facts'; facts: ActivityFacts } | { kind: 'no-workflow' };

export const readActivityFacts: ReadActivityFacts = () => {
  const context = Context.current();
  const { info } = context;
  const execution = info.workflowExecution;
  if (!info.inWorkflow || !execution || info.isLocal || info.workflowType !== workflowTypes.agentRun) {
    return { kind: 'no-workflow' };
  }
  const { activityId, taskQueue, attempt, heartbeatTimeoutMs } = info;
  return {
    kind: 'facts',
    facts: {
      workflowId: execution.workflowId,
      linkRunId: execution.runId,
      activityId,
      taskQueue,
      attempt,
      ...(heartbeatTimeoutMs === undefined || heartbeatTimeoutMs <= 0 ? {} : { heartbeatTimeoutMs }),
      signal: context.cancellationSignal,
      heartbeat: () => context.heartbeat(),
    },
  };
};
