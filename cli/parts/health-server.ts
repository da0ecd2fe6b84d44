/**
 * The health port of a process: `/healthz` while it lives, `/readyz` whether it can do its work and if not why. It reads no
 * body, takes no other path, answers the same question from memory for a second, and says no secret. Loopback unless told.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { CountersignError, messageOf } from '../../core/errors.ts';
import type { Check } from '../../engine/check.ts';
import { type Config, variableByName } from '../../worker/config.ts';

export interface HealthServer {
  /** Undefined where no port was asked for. */
  readonly url: string | undefined;
  /** From now on these looks say whether it is ready; before, it is starting. */
  watch(looks: () => Promise<readonly Check[]>): void;
  /** From now on it is stopping, and not ready. */
  drain(): void;
  close(): Promise<void>;
}

const sameAnswerMs = 1000;
/** A request without its end holds no connection for longer, ms. */
const requestWithinMs = 5000;

type State = 'starting' | 'ready' | 'not-ready' | 'stopping';
interface Answer {
  status: State;
  checks: { name: string; ok: boolean; detail: string }[];
}

/** @throws {CountersignError} `config-invalid` when the port cannot be listened on */
export async function startHealthServer({ healthPort, healthHost }: Config): Promise<HealthServer> {
  let looks: (() => Promise<readonly Check[]>) | undefined;
  let stopping = false;
  let last: { at: number; answer: Promise<Answer> } | undefined;
  const ask = async (): Promise<Answer> => {
    if (stopping) return { status: 'stopping', checks: [] };
    if (!looks) return { status: 'starting', checks: [] };
    const now = performance.now();
    if (!last || now - last.at > sameAnswerMs) last = { at: now, answer: looks().then(answerOf) };
    return await last.answer;
  };
  const control = {
    watch: (given: () => Promise<readonly Check[]>) => void (looks = given),
    drain: () => void (stopping = true),
  };
  if (healthPort === undefined) return { url: undefined, ...control, close: () => Promise.resolve() };
  const server = createServer(
    { requestTimeout: requestWithinMs, headersTimeout: requestWithinMs },
    (request, response) => {
      void respond(request, response, ask);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(healthPort, healthHost, resolve);
  }).catch((error: unknown) => {
    throw new CountersignError(
      'config-invalid',
      `Cannot open the health port: "${variableByName.healthPort}" and "${variableByName.healthHost}" name one that cannot be listened on (${messageOf(error)}), expected a free port of this machine; choose another`,
      { cause: error },
    );
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : healthPort;
  return {
    url: `http://${healthHost.includes(':') ? `[${healthHost}]` : healthHost}:${port}`,
    ...control,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, ask: () => Promise<Answer>): Promise<void> {
  request.resume();
  const [status, body] = await answerTo(request, ask);
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function answerTo({ method, url }: IncomingMessage, ask: () => Promise<Answer>): Promise<[number, unknown]> {
  if (method !== 'GET' && method !== 'HEAD') return [405, { error: 'only GET and HEAD' }];
  switch (url?.split('?')[0]) {
    case '/healthz':
      return [200, { status: 'ok' }];
    case '/readyz': {
      const answer = await ask();
      return [answer.status === 'ready' ? 200 : 503, answer];
    }
    default:
      return [404, { error: 'only /healthz and /readyz' }];
  }
}

function answerOf(checks: readonly Check[]): Answer {
  return {
    status: checks.every(({ ok }) => ok) ? 'ready' : 'not-ready',
    checks: checks.map(({ name, ok, detail }) => ({ name, ok, detail })),
  };
}
