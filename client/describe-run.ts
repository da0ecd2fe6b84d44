/**
 * Reads of the Temporal server about one link of a run: does it run, and how did it come to be. The server answers from
 * its own record; a workflow's word is not asked.
 */
import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { DescribeRun, LinkOrigin, ReadLinkOrigin, RunDescription } from '../core/contracts/describe.ts';
import { CountersignError, messageOf } from '../core/errors.ts';

const grpcNotFound = 5;
const requestDeadlineMs = 3000;
const runningStatus = 1;

export function createDescribeRun(client: Client, namespace: string): DescribeRun {
  return async (workflowId, linkRunId): Promise<RunDescription> => {
    const answer = await asked(client, `describe run "${workflowId}"`, () =>
      client.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId, runId: linkRunId } }),
    );
    if (!answer) return { status: 'not-found', cancelRequested: false };
    return {
      status: answer.workflowExecutionInfo?.status === runningStatus ? 'running' : 'closed',
      cancelRequested: answer.workflowExtendedInfo?.cancelRequested === true,
    };
  };
}

export function createReadLinkOrigin(client: Client, namespace: string): ReadLinkOrigin {
  return async (workflowId, linkRunId): Promise<LinkOrigin> => {
    const answer = await asked(client, `read the start of run "${workflowId}"`, () =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId, runId: linkRunId },
        maximumPageSize: 1,
      }),
    );
    const start = answer?.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    if (!start) {
      throw new CountersignError(
        'run-refused',
        `Cannot open run "${workflowId}": the server has no start event of this link, expected one; start a new run`,
      );
    }
    return {
      workflowType: start.workflowType?.name ?? '',
      firstRunId: start.firstExecutionRunId ?? '',
      originalRunId: start.originalExecutionRunId ?? '',
      continuedRunId: start.continuedExecutionRunId || null,
    };
  };
}

/** Undefined where the server knows no such link. @throws {CountersignError} `server-unavailable` */
async function asked<T>(client: Client, action: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await client.withDeadline(Date.now() + requestDeadlineMs, call);
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === grpcNotFound) return undefined;
    throw new CountersignError(
      'server-unavailable',
      `Cannot ${action}: the Temporal server did not answer (${messageOf(error).slice(0, 200)}), expected an answer within ${requestDeadlineMs} ms; check the server`,
      { cause: error },
    );
  }
}
