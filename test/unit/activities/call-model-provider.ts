/**
 * The provider of the model activities' tests: aimock, and beside it `raw`, which serves hand-written bodies on aimock's own
 * HTTP server, for answers that no well-behaved provider gives, and records the requests' exact JSON.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LLMock, type Mountable } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach } from 'vitest';

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

/** A provider for a test file: started before its first test, empty before each, stopped after the last. */
export function useProvider(): Provider {
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
  const provider: Provider = { mock, url: '', rawUrl: '', answers, sent };
  beforeAll(async () => {
    const url = await mock.start();
    Object.assign(provider, { url: `${url}/v1`, rawUrl: `${url}/raw` });
  });
  afterAll(async () => {
    await mock.stop();
  });
  beforeEach(() => {
    mock.reset();
    answers.length = 0;
    sent.length = 0;
  });
  return provider;
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
