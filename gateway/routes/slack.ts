/**
 * Slack's door: interactions signed by Slack, and the page's requests that enrol a Slack user. Without a signature over the
 * very bytes that came, within five minutes, nothing is read; what was seen before does nothing again.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { slackUserViewSchema } from '../../client/channel-schemas.ts';
import type { ErrorCode } from '../../core/contracts/errors.ts';
import { CountersignError } from '../../core/errors.ts';
import type { GatewayApp } from '../app.ts';
import { createApproverCheck } from '../approvers.ts';
import { callerOf } from '../authenticate.ts';
import type { GatewayContext, SlackOptions } from '../options.ts';
import { answerClick, answerSent, type SlackContext } from '../slack/answer-interaction.ts';
import { isForm, readInteraction } from '../slack/interaction.ts';
import { enrolSlackUser, readEnrolmentCode } from '../slack/identity.ts';
import { createSlackApi, slackFailureOf } from '../slack/slack-api.ts';
import { whyNotSlack } from '../slack/signature.ts';
import { problemResponses } from './responses.ts';

/** Twice Slack's window: a delivery that could still be repeated is still known. */
const forgetAfterMs = 600_000;
const enrolmentSchema = z.strictObject({
  code: z.string().min(1).max(1000),
  userId: z.string().max(40).describe('Typed by the person: of their own Slack user'),
});

export function slackRoutes(app: GatewayApp, gateway: GatewayContext, options: SlackOptions): void {
  const context: SlackContext = {
    gateway,
    options,
    api: createSlackApi(options),
    approvers: createApproverCheck(gateway),
    enrolmentUrl: (code) => `${(gateway.publicUrl ?? '').replace(/\/$/, '')}/inbox?slack=${encodeURIComponent(code)}`,
  };
  const working = new Set<Promise<void>>();
  app.addHook('preClose', async () => {
    await Promise.allSettled(working);
  });
  void app.register((scope, _options, done) => {
    // Of this door alone, and as bytes: a signature is over what came.
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, read) => {
      read(null, body);
    });
    scope.route({
      method: 'POST',
      url: '/v1/slack/interactions',
      config: { access: 'proven' },
      schema: { hide: true },
      handler: async (request, reply) => {
        const { headers, body } = request;
        const sent = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
        const signed = { timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'] };
        const refusal = whyNotSlack(options.signingSecret, signed, sent, gateway.clock.now());
        if (refusal !== undefined) throw notSlack(refusal, request.log);
        const payload = new URLSearchParams(sent.toString('utf8')).get('payload') ?? '';
        const interaction = readInteraction(payload);
        // A click on a link is nothing; a form that was sent and is none of ours is an attempt.
        if (!interaction && isForm(payload)) request.noteRefused('input-invalid');
        if (!interaction || !(await isFirst(gateway, sent))) return await reply.code(200).send();
        const delivery = {
          ...context,
          known: (keyId: string) => request.noteUsed(keyId),
          refused: (code: ErrorCode, about = '') => {
            request.provenAbout = about;
            request.noteRefused(code);
          },
        };
        if (interaction.type === 'view_submission') {
          return await reply
            .code(200)
            .serializer(JSON.stringify)
            .type('application/json')
            .send(await answerSent(delivery, interaction));
        }
        // Slack waits 3 s for the answer, and its own API may take longer.
        const work = answerClick(delivery, interaction)
          .catch((error: unknown) => request.log.warn({ channel: 'slack' }, slackFailureOf(error).problem))
          .finally(() => working.delete(work));
        working.add(work);
        return await reply.code(200).send();
      },
    });
    done();
  });
  app.route({
    method: 'POST',
    url: '/v1/slack/enrolments',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'enrolSlackUser',
      summary: 'From now on the clicks of this Slack user are yours',
      body: enrolmentSchema,
      response: { 200: slackUserViewSchema, ...problemResponses },
    },
    handler: async (request) => {
      const user = readEnrolmentCode(options.signingSecret, request.body.code, gateway.clock.now());
      if (request.body.userId.trim() !== user.userId) {
        throw new CountersignError(
          'input-invalid',
          'Cannot enrol: the Slack member id typed is another one, expected that of the link; if it is not yours, somebody else sent you this link',
        );
      }
      await enrolSlackUser(gateway, callerOf(request), user);
      return user;
    },
  });
}

/** Slack delivers again what it saw no answer to, in the same bytes. */
async function isFirst({ store, clock }: GatewayContext, body: Buffer): Promise<boolean> {
  const id = createHash('sha256').update(body).digest('hex');
  const now = clock.now();
  return await store.firstDelivery({ source: 'slack', id, now, forgetBefore: now - forgetAfterMs });
}

function notSlack(reason: string, log: { warn(fields: object, message: string): void }): CountersignError {
  log.warn({ event: 'authentication-failed', reason, channel: 'slack' }, 'authentication failed');
  return new CountersignError(
    'unauthenticated',
    `Cannot take this for Slack's request: ${reason}, expected Slack's signature over it; check the signing secret and this machine's clock`,
  );
}
