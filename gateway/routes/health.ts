/** Whether the gateway lives, and whether it can do its work. Anybody may ask, so they say no more than that. */
import { healthSchema, readySchema } from '../../client/gateway-schemas.ts';
import type { GatewayApp } from '../app.ts';
import type { GatewayContext } from '../options.ts';
import { problemResponses } from './responses.ts';

const access = 'public' as const;
/** So that a flood of questions by anybody costs store and server one a second, ms. */
const sameAnswerMs = 1000;

export function healthRoutes(app: GatewayApp, gateway: GatewayContext): void {
  const isReady = remembered(() => canWork(gateway));
  app.route({
    method: 'GET',
    url: '/v1/health',
    config: { access },
    schema: {
      operationId: 'health',
      summary: 'The process answers',
      security: [],
      response: { 200: healthSchema, ...problemResponses },
    },
    handler: () => ({ status: 'ok' as const }),
  });
  app.route({
    method: 'GET',
    url: '/v1/ready',
    config: { access },
    schema: {
      operationId: 'ready',
      summary: 'Store, keys and Temporal server answer',
      security: [],
      response: { 200: readySchema, 503: readySchema, ...problemResponses },
    },
    handler: async (_request, reply) =>
      (await isReady())
        ? await reply.code(200).send({ status: 'ready' })
        : await reply.code(503).send({ status: 'not-ready' }),
  });
}

async function canWork({ store, door, keys }: GatewayContext): Promise<boolean> {
  try {
    for (const domain of ['ticket', 'vote', 'control'] as const) keys.signer(domain);
    await store.ping();
    await door.serverTime();
    return true;
  } catch {
    return false;
  }
}

function remembered(ask: () => Promise<boolean>): () => Promise<boolean> {
  let last: { at: number; answer: Promise<boolean> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > sameAnswerMs) last = { at: now, answer: ask() };
    return last.answer;
  };
}
