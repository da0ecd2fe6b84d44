/** Listens, and sends what an earlier gateway stored and could not send. */
import { CountersignError, messageOf } from '../core/errors.ts';
import { createGateway, defaultHost } from './create-gateway.ts';
import { contextOf, type GatewayContext, type GatewayOptions, type SlackOptions } from './options.ts';
import { createNoticeKeeper, startKeepingNotices } from './slack/keep-notices.ts';
import { createSlackApi } from './slack/slack-api.ts';
import { startResending } from './resend-votes.ts';

export interface RunningGateway {
  /** `http://host:port` */
  readonly url: string;
  /** Takes nothing new, lets open requests end, and cuts what has not ended in time; may be called again. */
  close(): Promise<void>;
}

/** @throws {CountersignError} `config-invalid` when it cannot listen there */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { host = defaultHost, port = 0, drainMs = 20_000 } = options;
  const app = await createGateway(options);
  let url: string;
  try {
    url = await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw new CountersignError(
      'config-invalid',
      `Cannot start the gateway on "${host}:${port}": ${messageOf(error)}, expected a free address of this machine; choose another port`,
      { cause: error },
    );
  }
  const context = contextOf(options);
  const stopResending = startResending(context);
  const stopSlack = options.slack ? startSlack(context, options.slack) : () => Promise.resolve();
  return {
    url,
    async close() {
      const timer = setTimeout(() => app.server.closeAllConnections(), drainMs);
      try {
        // From the first of the two on nothing new is taken.
        await Promise.all([app.close(), stopResending(), stopSlack()]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function startSlack(gateway: GatewayContext, options: SlackOptions): () => Promise<void> {
  const inboxUrl = (nonce: string): string => `${(gateway.publicUrl ?? '').replace(/\/$/, '')}/inbox?approval=${nonce}`;
  const keeper = createNoticeKeeper(gateway, createSlackApi(options), inboxUrl);
  return startKeepingNotices(gateway, keeper, options);
}
