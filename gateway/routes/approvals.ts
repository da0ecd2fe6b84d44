/** Approval requests: list, show, vote, reconcile. */
import { z } from 'zod';
import {
  approvalArgumentsSchema,
  approvalWordsSchema,
  wordsAboutSchema,
  approvalEventSchema,
  approvalListSchema,
  approvalViewSchema,
  reconciledSchema,
  reconcileRequestSchema,
  voteAnswerSchema,
  voteRecordedSchema,
  voteRequestSchema,
  withdrawRequestSchema,
} from '../../client/gateway-schemas.ts';
import { approvalPaceSchema } from '../../client/pace-schemas.ts';
import { agentNameSchema, timestampSchema, toolNameSchema, workflowIdSchema } from '../../core/contracts/ids.ts';
import { riskSchema } from '../../core/contracts/labels.ts';
import type { GatewayApp } from '../app.ts';
import { createApproverCheck } from '../approvers.ts';
import { callerOf } from '../authenticate.ts';
import { castVote } from '../cast-vote.ts';
import type { GatewayContext } from '../options.ts';
import { reconcile } from '../reconcile.ts';
import { showApproval, showArguments } from '../show-approvals.ts';
import { showPace } from '../show-pace.ts';
import { createApprovalFollower } from '../follow-approvals.ts';
import { createApprovalStreams } from '../stream-approvals.ts';
import { waitForApprovals } from '../wait-for-approvals.ts';
import { withdrawVote } from '../withdraw-vote.ts';
import { editRoutes } from './edits.ts';
import { queryInteger } from './query-integer.ts';
import { problemResponses } from './responses.ts';
import { askParameters, channelOf, seenCard, voteHeaders } from './vote-requests.ts';
import { showWords } from '../whole-words.ts';

const listQuery = z.strictObject({
  state: z.enum(['open', 'all']).default('open').describe('Absent: open'),
  workflowId: workflowIdSchema.optional(),
  agent: agentNameSchema.optional(),
  tool: toolNameSchema.optional(),
  risk: riskSchema.optional(),
  mayAnswer: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .default(false)
    .describe('Only what you may answer'),
  limit: queryInteger(z.int().min(1).max(200)).default(50).describe('Absent: 50'),
  version: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional()
    .describe('Of the list you have: the answer waits until it is another one'),
  waitMs: queryInteger(z.int().min(0).max(25_000)).default(0).describe('How long to wait for that, ms; absent: 0'),
});
const lookQuery = z.strictObject({
  channel: voteRequestSchema.shape.channel.describe('Where it is shown, for the record of who looked; absent: api'),
});
const streamHeaders = z.looseObject({
  'last-event-id': z.string().max(100).optional().describe('Go on after this event; absent: begin now'),
});
/** Thirty days. */
const paceMs = 30 * 24 * 60 * 60_000;
const paceQuery = z.strictObject({
  from: queryInteger(timestampSchema).optional().describe('Of approvals cast from then on. Absent: the last 30 days'),
});

export function approvalRoutes(app: GatewayApp, gateway: GatewayContext): void {
  const approvers = createApproverCheck(gateway);
  editRoutes(app, gateway, approvers);
  const follower = createApprovalFollower(gateway);
  const streams = createApprovalStreams(gateway, follower);
  // Open streams would keep a gateway that was told to stop waiting for them.
  app.addHook('preClose', (done) => {
    streams.close();
    done();
  });
  app.route({
    method: 'GET',
    url: '/v1/approvals',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'listApprovals',
      summary: 'What live runs wait for people to answer: what is critical first, then by deadline',
      querystring: listQuery,
      response: { 200: approvalListSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      // Of the answer: a request without a body is closed as soon as it is read.
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const { version, waitMs, ...filter } = request.query;
      const wait = { version, waitMs };
      return await waitForApprovals(gateway, approvers, follower, callerOf(request), filter, wait, gone.signal);
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/approvals/events',
    // Nobody would read the stream of a HEAD, and so nobody would end it.
    exposeHeadRoute: false,
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'followApprovals',
      summary: 'Changes of approval requests as server-sent events; each may come more than once, with the same id',
      headers: streamHeaders,
      response: {
        200: { description: 'A stream', content: { 'text/event-stream': { schema: approvalEventSchema } } },
        ...problemResponses,
      },
    },
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const stream = streams.open(callerOf(request), request.headers['last-event-id'], gone.signal);
      return await reply
        .code(200)
        .header('content-type', 'text/event-stream; charset=utf-8')
        .header('x-accel-buffering', 'no')
        // Kept for a next request, it would keep a gateway that was told to stop.
        .header('connection', 'close')
        .serializer((payload: unknown) => payload as string)
        .send(stream as never);
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/approvals/pace',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'showApprovalPace',
      summary: 'How fast people approve, and how often sooner than a card can be read',
      querystring: paceQuery,
      response: { 200: approvalPaceSchema, ...problemResponses },
    },
    handler: async (request) => {
      return await showPace(gateway, request.query.from ?? Math.max(0, gateway.clock.now() - paceMs));
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/approvals/:nonce',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'getApproval',
      summary: 'One approval request with its card',
      params: askParameters,
      querystring: lookQuery,
      response: { 200: approvalViewSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      // The answer to HEAD shows nobody a card.
      const from = request.method === 'HEAD' ? undefined : channelOf(caller, request.query.channel);
      const approval = await showApproval(gateway, approvers, caller, request.params.nonce, from);
      void reply.header('etag', `"${approval.cardDigest}"`);
      return approval;
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/approvals/:nonce/arguments',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'getApprovalArguments',
      summary: 'The arguments of a request, whole, also where its card cuts them',
      params: askParameters,
      response: { 200: approvalArgumentsSchema, ...problemResponses },
    },
    handler: async (request) => await showArguments(gateway, request.params.nonce),
  });
  app.route({
    method: 'GET',
    url: '/v1/approvals/:nonce/words/:about',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'getApprovalWords',
      summary:
        'All that the tool said of its target or its dry run before anybody was asked, also where the card cuts it',
      params: askParameters.extend({ about: wordsAboutSchema }),
      response: { 200: approvalWordsSchema, ...problemResponses },
    },
    handler: async (request) => await showWords(gateway, request.params.nonce, request.params.about),
  });
  app.route({
    method: 'POST',
    url: '/v1/approvals/:nonce/votes',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'castVote',
      summary: 'Approve or deny exactly what the card shows',
      params: askParameters,
      headers: voteHeaders,
      body: voteRequestSchema,
      response: { 200: voteAnswerSchema, 202: voteRecordedSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { 'idempotency-key': idempotencyKey, 'if-match': ifMatch } = request.headers;
      const cardDigest = seenCard(request.body.cardDigest, ifMatch?.slice(1, -1), 'take this vote');
      const caller = callerOf(request);
      const ballot = { ...request.body, channel: channelOf(caller, request.body.channel), cardDigest, idempotencyKey };
      const vote = await castVote(gateway, approvers, caller, request.params.nonce, ballot);
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
      const caller = callerOf(request);
      const { reason, channel } = request.body;
      const said = { reason, channel: channelOf(caller, channel) };
      const vote = await withdrawVote(gateway, caller, request.params.nonce, said);
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
