/** Grants: preview, list, show, revoke. They are given with votes (`approvals.ts`). */
import { z } from 'zod';
import {
  grantListSchema,
  grantPreviewRequestSchema,
  grantPreviewSchema,
  grantViewSchema,
  revokeGrantRequestSchema,
} from '../../client/grant-schemas.ts';
import { agentNameSchema, grantIdSchema, workflowIdSchema } from '../../core/contracts/ids.ts';
import type { GatewayApp } from '../app.ts';
import { createApproverCheck } from '../approvers.ts';
import { callerOf } from '../authenticate.ts';
import { appendOrder } from '../control-records.ts';
import { previewGrant } from '../grants/preview-grant.ts';
import { findGrant, listGrants, showGrant } from '../grants/show-grants.ts';
import type { GatewayContext } from '../options.ts';
import { refuseSecrets } from '../refuse-secrets.ts';
import { queryInteger } from './query-integer.ts';
import { problemResponses } from './responses.ts';
import { askParameters, channelOf, seenCard, voteHeaders } from './vote-requests.ts';

const grantParameters = z.strictObject({ grantId: grantIdSchema });
const listQuery = z.strictObject({
  state: z.enum(['live', 'all']).default('live').describe('`live`: proposed or standing. Absent: live'),
  workflowId: workflowIdSchema.optional().describe('Made with a request of this run'),
  agent: agentNameSchema.optional(),
  limit: queryInteger(z.int().min(1).max(200)).default(50).describe('Absent: 50'),
});

export function grantRoutes(app: GatewayApp, gateway: GatewayContext): void {
  const approvers = createApproverCheck(gateway);
  app.route({
    method: 'POST',
    url: '/v1/approvals/:nonce/grant-previews',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'previewGrant',
      summary: 'What an approval with this grant would cover, in words; nothing is recorded',
      params: askParameters,
      headers: z.looseObject({ 'if-match': voteHeaders.shape['if-match'] }),
      body: grantPreviewRequestSchema,
      response: { 200: grantPreviewSchema, ...problemResponses },
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const { grant, cardDigest, channel } = request.body;
      return await previewGrant(gateway, approvers, caller, request.params.nonce, {
        grant,
        cardDigest: seenCard(cardDigest, request.headers['if-match']?.slice(1, -1), 'say what this grant would cover'),
        channel: channelOf(caller, channel),
      });
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/grants',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'listGrants',
      summary: 'Grants, newest first: what they cover, who approved them, how often they were used',
      querystring: listQuery,
      response: { 200: grantListSchema, ...problemResponses },
    },
    handler: async (request) => {
      const { state, ...filter } = request.query;
      return { grants: await listGrants(gateway, { ...filter, live: state === 'live' }) };
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/grants/:grantId',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'getGrant',
      summary: 'One grant with every use of it',
      params: grantParameters,
      response: { 200: grantViewSchema, ...problemResponses },
    },
    handler: async (request) => await showGrant(gateway, request.params.grantId),
  });
  app.route({
    method: 'POST',
    url: '/v1/grants/:grantId/revocations',
    // What stops something needs no more than the right to answer.
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'revokeGrant',
      summary: 'End a grant: what is not reserved by then does not start by it',
      params: grantParameters,
      body: revokeGrantRequestSchema,
      response: { 200: grantViewSchema, ...problemResponses },
    },
    handler: async (request) => {
      const { grantId } = request.params;
      const { reason } = request.body;
      const { revoked } = await findGrant(gateway, grantId);
      if (revoked === null) {
        if (reason !== undefined) await refuseSecrets(gateway, 'the reason', reason);
        const by = callerOf(request).principal;
        await appendOrder(gateway, { kind: 'grant-revocation', grantId, by, reason: reason ?? null });
      }
      return await showGrant(gateway, grantId);
    },
  });
}
