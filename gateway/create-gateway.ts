/**
 * The gateway as a Fastify instance: what people and programs speak to, and the only holder of the keys of tickets, votes
 * and control records. Every request but two is authenticated; every answer has a schema; nothing sent is logged.
 */
import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { fastify, LogController } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { CountersignError } from '../core/errors.ts';
import type { GatewayApp } from './app.ts';
import { installAuthentication } from './authenticate.ts';
import { installHostGuard, isLoopback } from './host-guard.ts';
import { installJsonBodies, usualBodyBytes } from './json-body.ts';
import { apiDocument } from './openapi.ts';
import { noteUses, type UseNotes } from './note-uses.ts';
import { contextOf, type GatewayContext, type GatewayOptions } from './options.ts';
import { answerBrokenConnection, answerBrokenRequest, installProblems } from './problem.ts';
import { requestShapeCompiler } from './request-shape.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { fleetRoutes } from './routes/fleet.ts';
import { grantRoutes } from './routes/grants.ts';
import { reviewRoutes } from './routes/reviews.ts';
import { healthRoutes } from './routes/health.ts';
import { inboxRoutes } from './routes/inbox.ts';
import { keyRoutes } from './routes/keys.ts';
import { noticeRoutes } from './routes/notices.ts';
import { policyRoutes } from './routes/policies.ts';
import { redactionRoutes } from './routes/redactions.ts';
import { runRoutes } from './routes/runs.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { createWebhookChannel } from './webhooks/webhook-channel.ts';
import { slackIdentityRoutes } from './routes/slack-identities.ts';
import { slackRoutes } from './routes/slack.ts';

/** Until the whole request is there: who sends a byte a minute holds no connection for ever, ms. */
const requestWithinMs = 30_000;
export const defaultHost = '127.0.0.1';

/** @throws {CountersignError} `config-invalid` for another host than loopback without `allowRemote` */
export async function createGateway(options: GatewayOptions): Promise<GatewayApp> {
  const { host = defaultHost, allowRemote = false } = options;
  if (!allowRemote && !isLoopback(host)) {
    throw new CountersignError(
      'config-invalid',
      `Cannot listen on "${host}": it is not loopback, expected 127.0.0.1; pass allowRemote to be reached from elsewhere`,
    );
  }
  if ((options.slack || options.mail) && options.publicUrl === undefined) {
    throw new CountersignError(
      'config-invalid',
      'Cannot tell people by Slack or mail: messages link to this gateway and "publicUrl" is not set, expected where people reach it; set it',
    );
  }
  const gateway = contextOf(options);
  // Its secrets are read here, so that a wrong one stops the start and not the first message.
  if (gateway.webhook) createWebhookChannel(gateway, gateway.webhook);
  const app: GatewayApp = fastify({
    loggerInstance: gateway.logger,
    // Its own lines would hold addresses with queries; ours are below.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: usualBodyBytes,
    requestTimeout: requestWithinMs,
    frameworkErrors: answerBrokenRequest,
    clientErrorHandler: answerBrokenConnection,
    trustProxy: false,
    return503OnClosing: true,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(requestShapeCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installJsonBodies(app);
  installProblems(app);
  logAnswers(app);
  keepOutOfCaches(app);
  letConnectionsEnd(app);
  if (!allowRemote) installHostGuard(app);
  await app.register(helmet);
  await app.register(rateLimit, { global: false });
  await app.register(swagger, apiDocument);
  const notes = noteUses(app, gateway);
  installAuthentication(app, gateway);
  installRoutes(app, gateway, notes);
  await app.ready();
  return app;
}

function installRoutes(app: GatewayApp, gateway: GatewayContext, notes: UseNotes): void {
  runRoutes(app, gateway);
  approvalRoutes(app, gateway);
  grantRoutes(app, gateway);
  reviewRoutes(app, gateway);
  inboxRoutes(app, gateway);
  keyRoutes(app, gateway, notes);
  policyRoutes(app, gateway);
  noticeRoutes(app, gateway);
  webhookRoutes(app, gateway);
  slackIdentityRoutes(app, gateway);
  if (gateway.slack) slackRoutes(app, gateway, gateway.slack);
  redactionRoutes(app, gateway);
  fleetRoutes(app, gateway);
  healthRoutes(app, gateway);
}

/** Cards, inputs and keys stay in no cache of a browser or a proxy. */
function keepOutOfCaches(app: GatewayApp): void {
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.header('cache-control', 'no-store');
    done();
  });
}

/** A connection kept open for a next request would keep a gateway that was told to stop waiting for it. */
function letConnectionsEnd(app: GatewayApp): void {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done(null, payload);
  });
}

/** The route's pattern, not the address: nothing a caller wrote. */
function logAnswers(app: GatewayApp): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, id, caller } = request;
    const route = request.routeOptions.url ?? null;
    const ms = Math.round(reply.elapsedTime);
    request.log.info({ requestId: id, method, route, status: reply.statusCode, ms, keyId: caller?.keyId }, 'answered');
    done();
  });
}
