/**
 * The typed door to Temporal for gateway, worker and CLI: start, signal, query, cancel, read. It maps the server's errors
 * to codes and checks nothing: who may do what is the gateway's business, and what is believed is the gate's.
 */
import { fileURLToPath } from 'node:url';
import {
  Client,
  Connection,
  isGrpcDeadlineError,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import {
  queryNames,
  searchAttributeNames,
  signalNames,
  stateAtStart,
  workflowTypes,
  summaryOfRun,
} from '../core/contracts/run-names.ts';
import type { RunState, VoteStatus } from '../core/contracts/run.ts';
import type { RunInput } from '../core/contracts/run.ts';
import type { ReadLinkOrigin } from '../core/contracts/describe.ts';
import { type ErrorCode } from '../core/contracts/errors.ts';
import { CountersignError, messageOf } from '../core/errors.ts';
import { createReadLinkOrigin } from './describe-run.ts';
import { type CurrentLink, readCurrentLink, readRunEnd, readRunInput, type RunEnd } from './run-record.ts';
import { readServerTime } from './server-time.ts';

export interface TemporalSettings {
  /** `host:port` */
  address: string;
  namespace: string;
  tls?:
    | {
        serverRootCACertificate?: Buffer;
        clientCertPair?: { crt: Buffer; key: Buffer };
        /** In the server's certificate. @default the host of the address */
        serverNameOverride?: string;
      }
    | boolean;
  /** Asked at each call, so that a rotated key is used from the next one on. */
  apiKey?: { current(): string };
}

export interface TemporalDoor {
  readonly client: Client;
  readonly namespace: string;
  /** @throws {CountersignError} `conflict` where the workflow id was used before */
  startRun(input: RunInput): Promise<{ linkRunId: string }>;
  signal(workflowId: string, name: keyof typeof signalNames, payload: unknown): Promise<void>;
  /** Undefined where no worker answered in time. */
  voteStatus(workflowId: string, digest: string, deadlineMs: number): Promise<VoteStatus | undefined>;
  runState(workflowId: string, deadlineMs: number): Promise<RunState | undefined>;
  /** @param reason shown in the run's history: scan it first */
  cancel(workflowId: string, reason?: string): Promise<void>;
  /**
   * Ends a run at the server, whether or not its code can go on; nothing of the run is asked or tidied up.
   * @param reason shown in the run's history: scan it first
   */
  terminate(workflowId: string, reason: string): Promise<void>;
  /** The run's newest link; undefined where the server knows no such run. */
  currentLink(workflowId: string): Promise<CurrentLink | undefined>;
  /** How a link came to be, from its start event. */
  linkOrigin: ReadLinkOrigin;
  /** What the newest link was started with, unverified. */
  runInput(workflowId: string): Promise<unknown>;
  /** Of an ended run; undefined where the server knows no such run. */
  runEnd(workflowId: string): Promise<RunEnd | undefined>;
  /** The server's clock, ms. */
  serverTime(): Promise<number>;
  close(): Promise<void>;
}

const connectTimeoutMs = 5000;
/**
 * A page of a history holds a thousand events, and anybody with access to the namespace can send signals of 2 MB: with gRPC's
 * own limit of 4 MB three of them would make a run that nobody can audit. A whole history is at most 50 MB.
 */
const largestAnswerBytes = 64 * 1024 * 1024;
const requestDeadlineMs = 5000;
const grpcNotFound = 5;
const grpcPermissionDenied = 7;
const grpcUnauthenticated = 16;
const stateKey = defineSearchAttributeKey(searchAttributeNames.state, 'KEYWORD');

/** Path of the payload converter, in source or compiled form. */
export const payloadConverterPath = fileURLToPath(
  new URL(`../workflows/payload-converter${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** @throws {CountersignError} `server-unavailable` */
export async function openTemporalDoor(settings: TemporalSettings): Promise<TemporalDoor> {
  const { address, namespace, apiKey } = settings;
  const connection = await mapped(`connect to Temporal at "${address}"`, () =>
    Connection.connect({
      address,
      connectTimeout: connectTimeoutMs,
      channelArgs: { 'grpc.max_receive_message_length': largestAnswerBytes },
      ...(settings.tls === undefined ? {} : { tls: settings.tls }),
      ...(apiKey === undefined ? {} : { apiKey: () => apiKey.current() }),
    }),
  );
  const client = new Client({ connection, namespace, dataConverter: { payloadConverterPath } });
  return {
    client,
    namespace,
    startRun: (input) => inTime(client, () => startRun(client, input)),
    signal: (workflowId, name, payload) =>
      mapped(`signal run "${workflowId}"`, () =>
        inTime(client, () => client.workflow.getHandle(workflowId).signal(signalNames[name], payload)),
      ),
    voteStatus: (workflowId, digest, deadlineMs) =>
      query(client, workflowId, queryNames.voteStatus, deadlineMs, digest),
    runState: (workflowId, deadlineMs) => query(client, workflowId, queryNames.runState, deadlineMs),
    async cancel(workflowId, reason) {
      const request = {
        namespace,
        workflowExecution: { workflowId },
        requestId: crypto.randomUUID(),
        reason: reason ?? '',
      };
      await mapped(`cancel run "${workflowId}"`, () =>
        inTime(client, () => client.workflowService.requestCancelWorkflowExecution(request)),
      );
    },
    async terminate(workflowId, reason) {
      const request = { namespace, workflowExecution: { workflowId }, reason };
      await mapped(`end run "${workflowId}"`, () =>
        inTime(client, () => client.workflowService.terminateWorkflowExecution(request)),
      );
    },
    linkOrigin: createReadLinkOrigin(client, namespace),
    currentLink: (workflowId) => readCurrentLink(client, namespace, workflowId),
    runInput: (workflowId) => readRunInput(client, namespace, workflowId),
    runEnd: (workflowId) => readRunEnd(client, workflowId),
    serverTime: () => readServerTime(client, namespace),
    close: () => connection.close(),
  };
}

async function startRun(client: Client, input: RunInput): Promise<{ linkRunId: string }> {
  const { workflowId, taskQueues, agent } = input.ticket.body;
  const handle = await mapped(`start run "${workflowId}"`, () =>
    client.workflow.start(workflowTypes.agentRun, {
      workflowId,
      taskQueue: taskQueues.agent,
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: summaryOfRun(agent),
      typedSearchAttributes: new TypedSearchAttributes([{ key: stateKey, value: stateAtStart }]),
    }),
  );
  return { linkRunId: handle.firstExecutionRunId };
}

async function query<T>(
  client: Client,
  workflowId: string,
  name: string,
  deadlineMs: number,
  ...values: unknown[]
): Promise<T | undefined> {
  try {
    return await client.withDeadline(Date.now() + deadlineMs, () =>
      client.workflow.getHandle(workflowId).query<T, unknown[]>(name, ...values),
    );
  } catch (error) {
    if (isGrpcDeadlineError(error)) return undefined;
    throw asCountersignError(`query run "${workflowId}"`, error);
  }
}

/** Without a deadline a call to a server that is away would be tried again for as long as the caller lives. */
function inTime<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + requestDeadlineMs, call);
}

async function mapped<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asCountersignError(action, error);
  }
}

/** Whether a server answered that it does not know who asks, or does not let them in. */
export function refusesCredentials(error: unknown): boolean {
  return error instanceof CountersignError && isRefusal(error.cause);
}

/** Also where connecting was refused: the SDK wraps what the server said. */
function isRefusal(error: unknown): boolean {
  const said = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(said) && (said.code === grpcUnauthenticated || said.code === grpcPermissionDenied);
}

function asCountersignError(action: string, error: unknown): CountersignError {
  const [code, is, expected, remedy]: [ErrorCode, string, string, string] =
    error instanceof WorkflowExecutionAlreadyStartedError
      ? ['conflict', 'its id was used before', 'a new one', 'start it under a new id']
      : error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === grpcNotFound)
        ? ['not-found', 'the server knows no such open run', 'one that it knows', 'look at "countersign runs"']
        : isRefusal(error)
          ? [
              'server-unavailable',
              'the server refuses our credentials',
              'an API key or a client certificate that it knows, with access to the namespace',
              'correct them',
            ]
          : [
              'server-unavailable',
              `the server did not answer (${messageOf(error).slice(0, 200)})`,
              'an answer',
              'check its address and that it runs',
            ];
  return new CountersignError(code, `Cannot ${action}: ${is}, expected ${expected}; ${remedy}`, {
    cause: error,
  });
}
