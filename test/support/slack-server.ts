/**
 * A local HTTP server that behaves as Slack's Web API documents it: form bodies with a bearer token, `ok: false` with an error
 * code at status 200, 429 with Retry-After, messages with a `ts`, and views for triggers that were not used. It can click.
 */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SlackCall {
  method: string;
  body: Record<string, unknown>;
}

const jsonFields = new Set(['blocks', 'view', 'unfurl_links', 'unfurl_media', 'link_names']);

export class SlackServer {
  readonly calls: SlackCall[] = [];
  /** Answers to the next calls of a method, before the usual ones. */
  readonly scripted = new Map<string, { status?: number; headers?: Record<string, string>; body: unknown }[]>();
  /** Calls of a method wait for this before they are answered. */
  readonly held = new Map<string, Promise<void>>();
  readonly token: string;
  url = '';
  #server: Server | undefined;
  #usedTriggers = new Set<string>();
  #sequence = 0;

  constructor(token: string) {
    this.token = token;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const method = new URL(request.url ?? '', 'http://slack').pathname.replace('/api/', '');
        const body = parse(Buffer.concat(chunks).toString('utf8'), request.headers['content-type'] ?? '');
        const isKnown = request.headers.authorization === `Bearer ${this.token}`;
        this.calls.push({ method, body });
        const scripted = this.scripted.get(method)?.shift();
        const answer = scripted ?? {
          body: isKnown ? this.#answer(method, body) : { ok: false, error: 'invalid_auth' },
        };
        void (this.held.get(method) ?? Promise.resolve()).then(() => {
          response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
          response.end(JSON.stringify(answer.body));
        });
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  of(method: string): SlackCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  #answer(method: string, body: Record<string, unknown>): unknown {
    switch (method) {
      case 'chat.postMessage':
        this.#sequence += 1;
        return { ok: true, channel: body['channel'], ts: `1800000000.${String(this.#sequence).padStart(6, '0')}` };
      case 'chat.update':
      case 'chat.postEphemeral':
        return { ok: true };
      case 'views.open': {
        const trigger = String(body['trigger_id']);
        if (this.#usedTriggers.has(trigger)) return { ok: false, error: 'exchanged_trigger_id' };
        this.#usedTriggers.add(trigger);
        return { ok: true, view: { id: `V${this.#usedTriggers.size}` } };
      }
      default:
        return { ok: false, error: 'unknown_method' };
    }
  }
}

function parse(text: string, type: string): Record<string, unknown> {
  if (type.startsWith('application/json')) return JSON.parse(text) as Record<string, unknown>;
  const fields = [...new URLSearchParams(text)].map(([name, value]) => [
    name,
    jsonFields.has(name) ? (JSON.parse(value) as unknown) : value,
  ]);
  return Object.fromEntries(fields) as Record<string, unknown>;
}

/** A request as Slack signs it: the raw body, and the headers over it. */
export function signedBySlack(signingSecret: string, body: string, atMs: number): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const mac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${mac}`,
  };
}
