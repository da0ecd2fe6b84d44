/**
 * A run's world for the model activities: a store with its pack, a transcript that answers queries and counts them, an
 * activity context under the test's control, and aimock as the provider. `raw` serves hand-written bodies on aimock's own
 * HTTP server, for answers that no well-behaved provider gives, and records the requests' exact JSON.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LLMock, type Mountable } from '@copilotkit/aimock';
import { type CallModelDependencies, createCallModel } from '../../../activities/call-model.ts';
import type { ActivityPort } from '../../../activities/call-model/activity-port.ts';
import { createTranscriptCache } from '../../../activities/call-model/transcript-cache.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import type { AssistantMessage, Message } from '../../../core/contracts/message.ts';
import type { PackBody } from '../../../core/contracts/pack.ts';
import type { ToolDefinition } from '../../../core/contracts/tool.ts';
import { digestText } from '../../../core/digest.ts';
import { transcriptHead } from '../../../core/transcript.ts';
import type { RunRow } from '../../../store/store.ts';

export const workflowId = 'run-00000000-0000-4000-8000-000000000001';
export const linkRunId = '00000000-0000-4000-8000-00000000000a';
/** Built at run time: no secret-looking string stands in this repository. */
export const apiKey = ['sk', 'proj', 'A'.repeat(12), 'canary'].join('-');
export const canary = ['AKIA', 'Z'.repeat(16)].join('');

export const user: Message = { role: 'user', text: 'Restart the web service', labels: ['operator'] };

export function assistant(message: Partial<AssistantMessage>): AssistantMessage {
  return { role: 'assistant', text: '', calls: [], opaque: [], ...message };
}

export function toolResult(callId: string, text: string, tool = 'read_logs'): Message {
  return { role: 'tool', callId, tool, text, labels: ['untrusted'] };
}

export function definition(name: string, parameters?: Record<string, unknown>): ToolDefinition {
  return {
    name,
    description: `what ${name} does`,
    parameters: parameters ?? {
      type: 'object',
      properties: { service: { type: 'string' } },
      required: ['service'],
      additionalProperties: false,
    },
    effect: 'effect',
    risk: null,
    tags: [],
    resultLabels: ['untrusted'],
    startToCloseMs: 1000,
    votesDemanded: 0,
    hasProbe: false,
    hasTargetState: false,
    moduleDigest: digestText('body', 'module'),
  };
}

export function packWith(model: Partial<PackBody['model']> = {}, tools = ['read_logs', 'restart_service']): PackBody {
  return {
    name: 'ops',
    instructions: 'Keep the services up.',
    model: { api: 'responses', name: 'gpt-test', maxOutputTokens: 500, requestTimeoutMs: 30_000, ...model },
    limits: {
      turns: 10,
      callsPerRun: 10,
      callsPerTurn: 5,
      refusalsInARow: 3,
      eventsPerLink: 1000,
      contextTokens: 1000,
    },
    environment: 'test',
    inputLabels: ['operator'],
    tools: tools.map((name) => ({ name, definitionDigest: digestText('tool-definition', name) })),
    policyDigest: digestText('policy', 'p'),
  };
}

export interface World {
  dependencies: CallModelDependencies;
  /** Argument `from` of each query, in order. */
  queries: number[];
  heartbeats: { count: number; onBeat: () => void };
  cancel: AbortController;
  /** What the workflow answers to the query. */
  recorded: Message[];
  /** Runs the activity for the whole recorded transcript. */
  call(turn?: number): ReturnType<ReturnType<typeof createCallModel>>;
}

export interface WorldOptions {
  baseURL: string;
  pack?: PackBody;
  messages?: Message[];
  heartbeatTimeoutMs?: number;
  overrides?: Partial<CallModelDependencies>;
}

export function createWorld(options: WorldOptions): World {
  const body = canonicalJson(options.pack ?? packWith());
  const packDigest = digestText('body', body);
  const queries: number[] = [];
  const heartbeats = { count: 0, onBeat: () => {} };
  const cancel = new AbortController();
  const recorded = [...(options.messages ?? [user])];
  const activity: ActivityPort = {
    workflowId,
    linkRunId,
    heartbeatTimeoutMs: options.heartbeatTimeoutMs,
    cancellationSignal: cancel.signal,
    heartbeat: () => {
      heartbeats.count += 1;
      heartbeats.onBeat();
    },
  };
  const dependencies: CallModelDependencies = {
    store: {
      getRun: async (id) => (id === workflowId ? runRow(packDigest) : null),
      getBody: async (digest) => (digest === packDigest ? body : null),
    },
    tools: { get: (name) => ({ definition: definition(name) }) },
    queryTranscript: async (_workflowId, _linkRunId, from) => {
      queries.push(from);
      const copies = structuredClone(recorded);
      return { messages: copies.slice(from), ...transcriptHead(copies) };
    },
    cache: createTranscriptCache(),
    openai: { apiKey, baseURL: options.baseURL },
    redact: async (text) => ({
      text: text.replaceAll(canary, '[redacted]'),
      findings: text.includes(canary)
        ? [
            {
              guard: 'secrets',
              rule: 'aws-key',
              severity: 'high',
              message: 'a key was redacted',
              span: { start: 0, end: 1 },
            },
          ]
        : [],
    }),
    clock: { now: () => 1_700_000_000_000 },
    activity: () => activity,
    ...options.overrides,
  };
  const callModel = createCallModel(dependencies);
  return {
    dependencies,
    queries,
    heartbeats,
    cancel,
    recorded,
    call: (turn = 1) => callModel({ turn, ...transcriptHead(recorded) }),
  };
}

function runRow(packDigest: string): RunRow {
  const digest = digestText('ticket', 't');
  const queue = 'q';
  return {
    workflowId,
    ticket: {
      domain: 'ticket',
      kid: 'ticket-0000000000000000',
      audience: 'test',
      issuedAt: 0,
      signature: 'A'.repeat(86),
      body: {
        namespace: 'default',
        workflowId,
        nonce: '00000000-0000-4000-8000-00000000000b',
        principal: 'tester',
        roles: [],
        onBehalfOf: null,
        agent: 'ops',
        environment: 'test',
        packDigest,
        policyDigest: digest,
        inputDigest: digest,
        inputLabels: ['operator'],
        taskQueues: { agent: queue, model: queue, tools: queue, notify: queue, record: queue },
        dryRun: false,
        limits: {
          turns: 10,
          callsPerRun: 10,
          callsPerTurn: 5,
          refusalsInARow: 3,
          eventsPerLink: 1000,
          contextTokens: 1000,
        },
        parent: null,
        root: workflowId,
        depth: 0,
      },
    },
    ticketDigest: digest,
    firstLinkRunId: linkRunId,
    lastLinkRunId: linkRunId,
    runEpoch: 0,
    turnMark: 0,
    openedAt: 0,
    closedAt: null,
    outcome: null,
  };
}

export interface RawAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent as it stands. */
  body: unknown;
}
export interface SentRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}
export interface Provider {
  mock: LLMock;
  /** Base URL of aimock's fixtures. */
  url: string;
  /** Base URL of the hand-written answers, taken from `answers` in order; the last one stays. */
  rawUrl: string;
  answers: RawAnswer[];
  sent: SentRequest[];
}

export async function startProvider(): Promise<Provider> {
  const answers: RawAnswer[] = [];
  const sent: SentRequest[] = [];
  const raw: Mountable = {
    handleRequest: async (request, response, path) => {
      sent.push({ path, headers: request.headers, body: JSON.parse(await bodyOf(request)) });
      answer(response, answers.length > 1 ? answers.shift() : answers[0]);
      return true;
    },
  };
  const mock = new LLMock({ port: 0, logLevel: 'silent' });
  mock.mount('/raw', raw);
  const url = await mock.start();
  return { mock, url: `${url}/v1`, rawUrl: `${url}/raw`, answers, sent };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, given: RawAnswer | undefined): void {
  const { status = 200, headers = {}, body } = given ?? { status: 500, body: {} };
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

export function response(output: unknown[], more: Record<string, unknown> = {}): RawAnswer {
  return {
    body: {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      model: 'gpt-test-2026',
      output,
      usage: { input_tokens: 11, output_tokens: 7, input_tokens_details: { cached_tokens: 5 } },
      ...more,
    },
  };
}

export function outputText(text: string, more: Record<string, unknown> = {}): unknown {
  return {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
    ...more,
  };
}

export function functionCall(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'call_a',
    name: 'restart_service',
    arguments: '{"service":"web"}',
    ...more,
  };
}

export function completion(message: Record<string, unknown>, finish = 'stop'): RawAnswer {
  return {
    body: {
      id: 'c_1',
      object: 'chat.completion',
      model: 'chat-test-2026',
      choices: [{ index: 0, finish_reason: finish, message: { role: 'assistant', content: null, ...message } }],
      usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 3 } },
    },
  };
}
