/**
 * What the server's record says of a run as a whole: its newest link, what it was started with, how it ended. The start's
 * input is whatever the starter wrote: verify its ticket before believing it.
 */
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { answerWithinMs, askServer, serverUnavailable } from './ask-server.ts';
import {
  type EngineEnding,
  endingOf,
  type FailingActivity,
  failingActivities,
  failureOf,
  type RunFailure,
} from './run-trouble.ts';

const runningStatus = 1;

/** The newest link of a run. */
export interface CurrentLink {
  linkRunId: string;
  status: 'running' | 'closed';
  cancelRequested: boolean;
  /** Absent while it runs. */
  endedAs?: EngineEnding;
  /** Absent: none failed. */
  failing?: FailingActivity[];
}

/** How a run ended. */
export interface RunEnd {
  /** As its workflow returned it, unverified; undefined where it returned nothing. */
  result: unknown;
  /** Null where nothing failed. */
  failure: RunFailure | null;
}

/** Undefined where the server knows no such run. @throws {CountersignError} `server-unavailable` */
export async function readCurrentLink(
  client: Client,
  namespace: string,
  workflowId: string,
): Promise<CurrentLink | undefined> {
  const answer = await askServer(client, `describe run "${workflowId}"`, () =>
    client.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } }),
  );
  const info = answer?.workflowExecutionInfo;
  const linkRunId = info?.execution?.runId;
  if (!answer || !info || !linkRunId) return undefined;
  const endedAs = endingOf(info.status);
  const failing = failingActivities(answer.pendingActivities);
  return {
    linkRunId,
    status: info.status === runningStatus ? 'running' : 'closed',
    cancelRequested: answer.workflowExtendedInfo?.cancelRequested === true,
    ...(endedAs ? { endedAs } : {}),
    ...(failing.length > 0 ? { failing } : {}),
  };
}

/** First argument of the run's newest link, unverified; undefined where there is none. */
export async function readRunInput(client: Client, namespace: string, workflowId: string): Promise<unknown> {
  const answer = await askServer(client, `read the start of run "${workflowId}"`, () =>
    client.workflowService.getWorkflowExecutionHistory({ namespace, execution: { workflowId }, maximumPageSize: 1 }),
  );
  const payload = answer?.history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  try {
    return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
  } catch {
    return undefined;
  }
}

/** Of an ended run; undefined where the server knows no such run. */
export async function readRunEnd(client: Client, workflowId: string): Promise<RunEnd | undefined> {
  try {
    return await client.withDeadline(Date.now() + answerWithinMs, async () => {
      const result: unknown = await client.workflow.getHandle(workflowId).result();
      return { result, failure: null };
    });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (error instanceof WorkflowFailedError) return { result: undefined, failure: failureOf(error.cause) ?? null };
    throw serverUnavailable(`read the result of run "${workflowId}"`, error);
  }
}
