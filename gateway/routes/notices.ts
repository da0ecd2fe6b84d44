/** Who was told of requests, by which channel, and what could not be told: list, and send again. */
import { z } from 'zod';
import { noticeListSchema, noticeSchema, noticeStateSchema } from '../../client/channel-schemas.ts';
import { nonceSchema } from '../../core/contracts/ids.ts';
import { CountersignError } from '../../core/errors.ts';
import type { GatewayApp } from '../app.ts';
import type { GatewayContext } from '../options.ts';
import { queryInteger } from './query-integer.ts';
import { problemResponses } from './responses.ts';

const channelSchema = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const listQuery = z.strictObject({
  state: noticeStateSchema.default('gave-up').describe('Absent: gave-up, what nobody tries to tell any more'),
  limit: queryInteger(z.int().min(1).max(500)).default(100).describe('Absent: 100'),
});

export function noticeRoutes(app: GatewayApp, gateway: GatewayContext): void {
  app.route({
    method: 'GET',
    url: '/v1/notices',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'listNotices',
      summary: 'What channels were told of requests, or could not be told',
      querystring: listQuery,
      response: { 200: noticeListSchema, ...problemResponses },
    },
    handler: async (request) => ({ notices: await gateway.store.listNotices(request.query) }),
  });
  app.route({
    method: 'GET',
    url: '/v1/notices/:nonce',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'listNoticesOf',
      summary: 'What each channel was told of one request, or could not be told',
      params: z.strictObject({ nonce: nonceSchema }),
      response: { 200: noticeListSchema, ...problemResponses },
    },
    handler: async (request) => ({ notices: await gateway.store.noticesOf(request.params.nonce) }),
  });
  app.route({
    method: 'POST',
    url: '/v1/notices/:nonce/:channel/resend',
    config: { access: 'control:write' },
    schema: {
      operationId: 'resendNotice',
      summary: 'Try again what was given up',
      params: z.strictObject({ nonce: nonceSchema, channel: channelSchema }),
      response: { 200: noticeSchema, ...problemResponses },
    },
    handler: async (request) => {
      const { nonce, channel } = request.params;
      const own = (await gateway.store.noticesOf(nonce)).filter((one) => one.channel === channel);
      const notice = own.find(({ state }) => state === 'gave-up') ?? own[0];
      if (notice?.state !== 'gave-up') {
        throw new CountersignError(
          notice ? 'conflict' : 'not-found',
          `Cannot send notice "${nonce}" by "${channel}" again: it is ${notice?.state ?? 'not there'}, expected one that was given up; list them`,
        );
      }
      const again = { ...notice, state: 'waiting' as const, attempts: 0, nextAt: gateway.clock.now() };
      await gateway.store.saveNotice(again);
      return { ...again, state: 'waiting' as const };
    },
  });
}
