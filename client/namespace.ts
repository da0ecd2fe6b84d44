/**
 * What a namespace needs before runs can be started in it: that it is registered, for how long it keeps histories, and our
 * one search attribute. Looking needs no more rights than starting a run does; making needs an administrator's.
 */
import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { searchAttributeNames } from '../core/contracts/run-names.ts';
import { CountersignError, messageOf } from '../core/errors.ts';
import { answerWithinMs, askServer } from './ask-server.ts';

const dayMs = 86_400_000;
const daySeconds = 86_400;
const keywordType = 2;
const grpcInvalidArgument = 3;
const grpcAlreadyExists = 6;
const refusedCodes: readonly number[] = [7, 12, 16];

/** @returns undefined where the server knows no such namespace. @throws {CountersignError} `server-unavailable` */
export async function readNamespace(client: Client, namespace: string): Promise<{ retentionDays: number } | undefined> {
  const described = await askServer(client, `describe namespace "${namespace}"`, () =>
    client.workflowService.describeNamespace({ namespace }),
  );
  if (!described) return undefined;
  const seconds = Number(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  return { retentionDays: seconds / daySeconds };
}

/** Asked as those who list runs ask: the server refuses a query by an attribute that it does not know. */
export async function hasSearchAttribute(client: Client, namespace: string): Promise<boolean> {
  const query = `${searchAttributeNames.state} = "working"`;
  try {
    await client.withDeadline(Date.now() + answerWithinMs, () =>
      client.workflowService.countWorkflowExecutions({ namespace, query }),
    );
    return true;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === grpcInvalidArgument) return false;
    throw asFault(`look for search attribute ${searchAttributeNames.state}`, error);
  }
}

/** @throws {CountersignError} `forbidden` where only the service's own tools may */
export async function registerNamespace(client: Client, namespace: string, retentionDays: number): Promise<void> {
  await administer(client, `register namespace "${namespace}"`, () =>
    client.workflowService.registerNamespace({
      namespace,
      description: 'Runs of Countersign',
      workflowExecutionRetentionPeriod: msToTs(retentionDays * dayMs),
    }),
  );
}

/** @throws {CountersignError} `forbidden` */
export async function setRetention(client: Client, namespace: string, retentionDays: number): Promise<void> {
  await administer(client, `set the retention of namespace "${namespace}"`, () =>
    client.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(retentionDays * dayMs) },
    }),
  );
}

/** @throws {CountersignError} `forbidden` */
export async function addSearchAttribute(client: Client, namespace: string): Promise<void> {
  await administer(client, `add search attribute ${searchAttributeNames.state}`, () =>
    client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: { [searchAttributeNames.state]: keywordType },
    }),
  );
}

/** Somebody else may do the same at once. */
async function administer(client: Client, action: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await client.withDeadline(Date.now() + 2 * answerWithinMs, call);
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === grpcAlreadyExists) return;
    throw asFault(action, error);
  }
}

function asFault(action: string, error: unknown): CountersignError {
  if (isGrpcServiceError(error) && refusedCodes.includes(error.code)) {
    return new CountersignError(
      'forbidden',
      `Cannot ${action}: the server does not let us, expected an administrator's right; use the service's own tool`,
      { cause: error },
    );
  }
  return new CountersignError(
    'server-unavailable',
    `Cannot ${action}: the server did not do it (${messageOf(error).slice(0, 200)}), expected it done; try again`,
    { cause: error },
  );
}
