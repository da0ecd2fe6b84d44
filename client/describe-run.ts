/**
 * Reads of the Temporal server about one link of a run: does it run, and how did it come to be. The server answers from
 * its own record; a workflow's word is not asked.
 */
import type { Client } from '@temporalio/client';
import type { DescribeRun, LinkOrigin, ReadLinkOrigin, RunDescription } from '../core/contracts/describe.ts';
import { CountersignError } from '../core/errors.ts';
import { askServer } from './ask-server.ts';

const runningStatus = 1;

export function createDescribeRun(client: Client, namespace: string): DescribeRun {
  return async (workflowId, linkRunId): Promise<RunDescription> => {
    const answer = await askServer(client, `describe run "${workflowId}"`, () =>
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
    const answer = await askServer(client, `read the start of run "${workflowId}"`, () =>
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
