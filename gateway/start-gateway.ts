/** Listens, and sends what an earlier gateway stored and could not send. */
import type { FastifyInstance } from 'fastify';
import { CountersignError, messageOf } from '../core/errors.ts';
import { createGateway, defaultHost } from './create-gateway.ts';
import { contextOf, type GatewayContext, type GatewayOptions } from './options.ts';
import { createMailChannel } from './mail/mail-channel.ts';
import { startKeepingNotices } from './notices/keep-notices.ts';
import { createSlackApi } from './slack/slack-api.ts';
import { createSlackChannel } from './slack/slack-channel.ts';
import { createWebhookChannel } from './webhooks/webhook-channel.ts';
import { startResending } from './resend-votes.ts';

export interface RunningGateway {
  /** `http://host:port` */
  readonly url: string;
  /** Takes nothing new, lets open requests end, and cuts what has not ended in time; may be called again. */
  close(): Promise<void>;
}

/** @throws {CountersignError} `config-invalid` when it cannot listen there */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { host = defaultHost, port = 0, preferredPorts = [], drainMs = 20_000 } = options;
  const app = await createGateway(options);
  const url = await listen(app, host, [...preferredPorts, port]);
  const context = contextOf(options);
  const stopResending = startResending(context);
  const stopTelling = startTelling(context);
  return {
    url,
    async close() {
      const timer = setTimeout(() => app.server.closeAllConnections(), drainMs);
      try {
        // From the first of the two on nothing new is taken.
        await Promise.all([app.close(), stopResending(), stopTelling()]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function startTelling(gateway: GatewayContext): () => Promise<void> {
  const inboxUrl = (nonce: string): string => `${(gateway.publicUrl ?? '').replace(/\/$/, '')}/inbox?approval=${nonce}`;
  const channels = [
    ...(gateway.slack ? [createSlackChannel(createSlackApi(gateway.slack), inboxUrl)] : []),
    ...(gateway.mail ? [createMailChannel(gateway.mail, inboxUrl)] : []),
    ...(gateway.webhook ? [createWebhookChannel(gateway, gateway.webhook)] : []),
  ];
  const stops = channels.map((channel) => startKeepingNotices(gateway, channel));
  return async () => void (await Promise.all(stops.map((stop) => stop())));
}

/** By listening and not by looking first: two gateways that start at once would both see a port free. */
async function listen(app: FastifyInstance, host: string, ports: readonly number[]): Promise<string> {
  const [port = 0, ...others] = ports;
  try {
    return await app.listen({ host, port });
  } catch (error) {
    if (others.length > 0 && isTaken(error)) return await listen(app, host, others);
    await app.close();
    throw new CountersignError(
      'config-invalid',
      `Cannot start the gateway on "${host}:${port}": ${messageOf(error)}, expected a free address of this machine; choose another port`,
      { cause: error },
    );
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
