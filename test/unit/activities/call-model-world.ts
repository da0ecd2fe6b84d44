/**
 * A run's world for the model activities: a store with its pack, a transcript that answers queries and counts them, and an
 * activity context under the test's control.
 */
import { type CallModelDependencies, createCallModel } from '../../../activities/call-model.ts';
import type { ActivityPort } from '../../../activities/call-model/activity-port.ts';
import { createTranscriptCache } from '../../../activities/call-model/transcript-cache.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import type { AssistantMessage, Message } from '../../../core/contracts/message.ts';
import type { PackBody } from '../../../core/contracts/pack.ts';
import type { ToolDefinition } from '../../../core/contracts/tool.ts';
import { digestText } from '../../../core/digest.ts';
import { transcriptHead } from '../../../core/transcript.ts';
import { usualGuardSettings } from '../../../policy/index.ts';
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
  usage: { workflowId: string; model: string; input: number; output: number }[];
  /** @param tail the newest messages, as the workflow hands them over; default none */
  call(turn?: number, tail?: Message[]): ReturnType<ReturnType<typeof createCallModel>>;
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
  const usage: Parameters<CallModelDependencies['store']['addModelUsage']>[0][] = [];
  const dependencies: CallModelDependencies = {
    store: {
      getRun: async (id) => (id === workflowId ? runRow(packDigest) : null),
      getBody: async (digest) => (digest === packDigest ? body : null),
      addModelUsage: async (used) => void usage.push(used),
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
    checkTurn: async () => ({ findings: [], refusal: undefined }),
    readSettings: async () => usualGuardSettings,
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
    usage,
    call: (turn = 1, tail: Message[] = []) => callModel({ turn, ...transcriptHead(recorded), tail }),
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
