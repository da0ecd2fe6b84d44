/**
 * The door of systems that answer: one address for all, which says nothing and lets nobody in. Who signed what came is proven
 * over its bytes before any of it is read, counted by sender, and recorded where it is refused.
 */
import { voteAnswerSchema, voteRecordedSchema } from '../../client/gateway-schemas.ts';
import { webhookAnswerSchema, webhookHeadersSchema } from '../../client/webhook-schemas.ts';
import type { GatewayApp } from '../app.ts';
import { createApproverCheck } from '../approvers.ts';
import { refuseExcess } from '../authenticate.ts';
import { createFailedAttempts } from '../failed-attempts.ts';
import type { GatewayContext } from '../options.ts';
import { notOfSender, proveSender } from '../webhooks/prove-sender.ts';
import { type AnswerDesk, readAnswer, takeAnswer } from '../webhooks/take-answer.ts';
import { problemResponses } from './responses.ts';

const mostBytes = 16 * 1024;
const minuteMs = 60_000;

export function webhookRoutes(app: GatewayApp, gateway: GatewayContext): void {
  const desk: AnswerDesk = { gateway, approvers: createApproverCheck(gateway), failed: createFailedAttempts() };
  const bySender = app.createRateLimit({
    max: gateway.rateLimits.perKey,
    timeWindow: minuteMs,
    keyGenerator: (request) => `sender:${request.provenKeyId ?? ''}`,
  });
  void app.register((scope, _options, done) => {
    // Of this door alone, and as bytes: a signature is over what came.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, read) => {
      read(null, body);
    });
    scope.route({
      method: 'POST',
      url: '/v1/webhooks/answers',
      config: { access: 'proven' },
      bodyLimit: mostBytes,
      // The handler does, after it knows who sent it.
      validatorCompiler: () => (value: unknown) => ({ value }),
      schema: {
        operationId: 'answerByWebhook',
        summary: 'An answer that a system delivers, signed by its key (Standard Webhooks, v1a)',
        security: [],
        headers: webhookHeadersSchema,
        body: webhookAnswerSchema,
        response: { 200: voteAnswerSchema, 202: voteRecordedSchema, ...problemResponses },
      },
      handler: async (request, reply) => {
        const body: unknown = request.body;
        const sent = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
        const proof = await proveSender(gateway, request.headers, sent);
        if (proof.kind === 'refused') {
          const { reason, keyId } = proof;
          request.refusedKeyId = keyId;
          request.log.warn(
            { event: 'authentication-failed', reason, keyId, channel: 'webhook' },
            'authentication failed',
          );
          throw notOfSender();
        }
        const { delivery } = proof;
        request.provenKeyId = delivery.sender.keyId;
        refuseExcess(reply, await bySender(request), 'this sender');
        const answer = readAnswer(sent, delivery);
        request.provenAbout = answer.data.nonce;
        const vote = await takeAnswer(desk, delivery, answer, bearerTokenOf(request.headers.authorization));
        return vote.status === 'recorded' ? await reply.code(202).send(vote) : await reply.code(200).send(vote);
      },
    });
    done();
  });
}

/** Undefined: none came. What is none of ours is looked at as a key, and refused as one. */
function bearerTokenOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : (/^Bearer ([^\s]{1,200})$/.exec(header)?.[1] ?? '');
}
