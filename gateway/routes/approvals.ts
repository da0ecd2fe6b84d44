/** Approval requests: list, show, vote, reconcile. */
import { z } from 'zod';
import {
  approvalListSchema,
  approvalViewSchema,
  reconciledSchema,
  reconcileRequestSchema,
  voteAnswerSchema,
  voteRecordedSchema,
  voteRequestSchema,
  withdrawRequestSchema,
} from '../../client/gateway-schemas.ts';
import { nonceSchema, workflowIdSchema } from '../../core/contracts/ids.ts';
import type { GatewayApp } from '../app.ts';
import { createApproverCheck } from '../approvers.ts';
import { callerOf } from '../authenticate.ts';
import { castVote } from '../cast-vote.ts';
import type { GatewayContext } from '../options.ts';
import { reconcile } from '../reconcile.ts';
import { listApprovals, showApproval } from '../show-approvals.ts';
import { withdrawVote } from '../withdraw-vote.ts';
import { queryInteger } from './query-integer.ts';
import { problemResponses } from './responses.ts';

const askParameters = z.strictObject({ nonce: nonceSchema });
const listQuery = z.strictObject({
  state: z.enum(['open', 'all']).default('open').describe('Absent: open'),
  workflowId: workflowIdSchema.optional(),
  limit: queryInteger(z.int().min(1).max(200)).default(50).describe('Absent: 50'),
});

export function approvalRoutes(app: GatewayApp, gateway: GatewayContext): void {
  const approvers = createApproverCheck(gateway);
  app.route({
    method: 'GET',
    url: '/v1/approvals',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'listApprovals',
      summary: 'What live runs wait for people to answer, most urgent first',
      querystring: listQuery,
      response: { 200: approvalListSchema, ...problemResponses },
    },
    handler: async (request) => ({
      approvals: await listApprovals(gateway, approvers, callerOf(request), request.query),
    }),
  });
  app.route({
    method: 'GET',
    url: '/v1/approvals/:nonce',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'getApproval',
      summary: 'One approval request with its card',
      params: askParameters,
      response: { 200: approvalViewSchema, ...problemResponses },
    },
    handler: async (request) => await showApproval(gateway, approvers, callerOf(request), request.params.nonce),
  });
  app.route({
    method: 'POST',
    url: '/v1/approvals/:nonce/votes',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'castVote',
      summary: 'Approve or deny exactly what the card shows',
      params: askParameters,
      body: voteRequestSchema,
      response: { 200: voteAnswerSchema, 202: voteRecordedSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const vote = await castVote(gateway, approvers, callerOf(request), request.params.nonce, request.body);
      return vote.status === 'recorded' ? await reply.code(202).send(vote) : await reply.code(200).send(vote);
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/approvals/:nonce/withdrawals',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'withdrawVote',
      summary: 'Take back an approval of your own, until the call has started',
      params: askParameters,
      body: withdrawRequestSchema,
      response: { 200: voteAnswerSchema, 202: voteRecordedSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const vote = await withdrawVote(gateway, callerOf(request), request.params.nonce, request.body);
      return vote.status === 'recorded' ? await reply.code(202).send(vote) : await reply.code(200).send(vote);
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/approvals/:nonce/reconcile',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'reconcile',
      summary: 'Say whether an effect of unknown outcome happened',
      params: askParameters,
      body: reconcileRequestSchema,
      response: { 200: reconciledSchema, ...problemResponses },
    },
    handler: async (request) =>
      await reconcile(gateway, approvers, callerOf(request), request.params.nonce, request.body),
  });
}
