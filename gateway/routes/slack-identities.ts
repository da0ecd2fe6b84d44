/**
 * Which Slack users are which people: list, and remove at once. It is there also where Slack is turned off, so that nobody has to
 * turn it on to take an identity away.
 */
import { z } from 'zod';
import { slackIdentityListSchema, slackIdSchema } from '../../client/channel-schemas.ts';
import type { GatewayApp } from '../app.ts';
import { callerOf } from '../authenticate.ts';
import type { GatewayContext } from '../options.ts';
import { listSlackIdentities, removeSlackIdentity } from '../slack/identity.ts';
import { problemResponses } from './responses.ts';

const access = 'control:write' as const;

export function slackIdentityRoutes(app: GatewayApp, gateway: GatewayContext): void {
  app.route({
    method: 'GET',
    url: '/v1/slack/identities',
    config: { access },
    schema: {
      operationId: 'listSlackIdentities',
      summary: 'Slack users whose clicks are answers of a person',
      response: { 200: slackIdentityListSchema, ...problemResponses },
    },
    handler: async () => ({ identities: await listSlackIdentities(gateway) }),
  });
  app.route({
    method: 'DELETE',
    url: '/v1/slack/identities/:teamId/:userId',
    config: { access },
    schema: {
      operationId: 'removeSlackIdentity',
      summary: 'From the next click on this Slack user is nobody; they may enrol anew',
      params: z.strictObject({ teamId: slackIdSchema, userId: slackIdSchema }),
      querystring: z.strictObject({ enterpriseId: slackIdSchema.optional().describe('Absent: of none') }),
      response: { 204: z.undefined(), ...problemResponses },
    },
    handler: async (request, reply) => {
      const user = { ...request.params, enterpriseId: request.query.enterpriseId ?? null };
      await removeSlackIdentity(gateway, user, callerOf(request).principal);
      return await reply.code(204).send(undefined);
    },
  });
}
