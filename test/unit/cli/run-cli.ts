/** Runs a command line in this process, against a fake gateway that speaks real HTTP, and keeps what it said. */
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runProgram } from '../../../cli/program.ts';

export const now = Date.parse('2026-03-04T05:06:07.000Z');

export interface CliResult {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface CliWorld {
  environment?: Record<string, string | undefined>;
  /** Answers to questions, in order; absent: nobody can be asked. */
  answers?: string[];
  /** Standard input, given in pieces that respect neither lines nor characters. */
  stdin?: string | Uint8Array;
  stop?: AbortSignal;
  terminal?: boolean;
  cacheCode?: (folder: string) => void;
  /** Is told each pause between two looks, ms, and waited for; none lasts. */
  onPause?: (ms: number) => unknown;
}

export async function runCli(argv: readonly string[], world: CliWorld = {}): Promise<CliResult & { asked: string[] }> {
  const said = { stdout: '', stderr: '' };
  const asked: string[] = [];
  const { answers, terminal = false } = world;
  const sink = (name: 'stdout' | 'stderr') => ({
    isTTY: terminal,
    write: (text: string) => {
      said[name] += text;
      return true;
    },
  });
  const exit = await runProgram(argv, {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    environment: world.environment ?? {},
    clock: { now: () => now },
    version: '1.2.3',
    stop: world.stop ?? new AbortController().signal,
    cacheCode: world.cacheCode ?? (() => undefined),
    stdin: piecesOf(world.stdin ?? ''),
    pause: async (ms) => void (await world.onPause?.(ms)),
    ask: answers
      ? async (question) => {
          asked.push(question);
          return answers.shift() ?? '';
        }
      : null,
  });
  return { exit, ...said, asked };
}

async function* piecesOf(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 7) yield await Promise.resolve(bytes.subarray(at, at + 7));
}

export interface FakeRequest {
  method: string;
  path: string;
  authorization: string | undefined;
  body: unknown;
}

export interface FakeGateway {
  url: string;
  requests: FakeRequest[];
  /** What to answer: by method and path, newest first. The answer is a body for status 200. */
  on(method: string, path: string, answer: (request: FakeRequest) => unknown): void;
  /** Settings of a command line that talks to it. */
  environment: Record<string, string>;
}

export class FakeProblem {
  readonly status: number;
  readonly code: string;
  /** Seconds; the client itself waits for a short one. */
  readonly retryAfter: number | undefined;
  constructor(status: number, code: string, retryAfter?: number) {
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Ends with the test. */
export async function startFakeGateway(): Promise<FakeGateway> {
  const answers = new Map<string, (request: FakeRequest) => unknown>();
  const requests: FakeRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    let text = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (part: string) => (text += part));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const { authorization } = headers;
      const request = {
        method,
        path: url,
        authorization,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
      requests.push(request);
      const answer = answers.get(`${method} ${url}`) ?? answers.get(`${method} ${url.split('?')[0]}`);
      const value = answer ? answer(request) : new FakeProblem(404, 'not-found');
      if (value instanceof FakeProblem) {
        const { status, code, retryAfter } = value;
        const comeBack = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
        outgoing.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close', ...comeBack });
        outgoing.end(
          JSON.stringify({
            type: `/errors/${code}`,
            title: code,
            status,
            detail: `Cannot: ${code}`,
            instance: '/',
            code,
          }),
        );
        return;
      }
      outgoing.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      outgoing.end(JSON.stringify(value));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Some requests are never answered.
    server.closeAllConnections();
    await closed;
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    requests,
    on: (method, path, answer) => answers.set(`${method} ${path}`, answer),
    environment: { COUNTERSIGN_URL: url, COUNTERSIGN_API_KEY: 'cs_test_key_of_nobody' },
  };
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-test-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
