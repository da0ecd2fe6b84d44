/** Reviews of break-glass: list, show, sign. They are opened by the gate (`activities/check-call`), and by nothing here. */
import { z } from 'zod';
import { reviewListSchema, reviewViewSchema, signReviewRequestSchema } from '../../client/review-schemas.ts';
import type { GatewayApp } from '../app.ts';
import { createApproverCheck } from '../approvers.ts';
import { callerOf } from '../authenticate.ts';
import type { GatewayContext } from '../options.ts';
import { listReviews, showReview } from '../reviews/show-reviews.ts';
import { signReview } from '../reviews/sign-review.ts';
import { queryInteger } from './query-integer.ts';
import { problemResponses } from './responses.ts';
import { askParameters, channelOf } from './vote-requests.ts';

const listQuery = z.strictObject({
  state: z.enum(['open', 'all']).default('open').describe('Absent: open'),
  limit: queryInteger(z.int().min(1).max(200)).default(50).describe('Absent: 50'),
});

export function reviewRoutes(app: GatewayApp, gateway: GatewayContext): void {
  const approvers = createApproverCheck(gateway);
  app.route({
    method: 'GET',
    url: '/v1/reviews',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'listReviews',
      summary: 'Reviews of break-glass, newest first: who answered alone, why, and who has signed',
      querystring: listQuery,
      response: { 200: reviewListSchema, ...problemResponses },
    },
    handler: async (request) => await listReviews(gateway, approvers, callerOf(request), request.query),
  });
  app.route({
    method: 'GET',
    url: '/v1/reviews/:nonce',
    config: { access: 'approvals:read' },
    schema: {
      operationId: 'getReview',
      summary: 'The review of one break-glass, by the nonce of its request',
      params: askParameters,
      response: { 200: reviewViewSchema, ...problemResponses },
    },
    handler: async (request) => await showReview(gateway, approvers, callerOf(request), request.params.nonce),
  });
  app.route({
    method: 'POST',
    url: '/v1/reviews/:nonce/signatures',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'signReview',
      summary: 'Say what you found of a break-glass; two others of it close the review',
      params: askParameters,
      body: signReviewRequestSchema,
      response: { 200: reviewViewSchema, ...problemResponses },
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const channel = channelOf(caller, request.body.channel);
      return await signReview(gateway, approvers, caller, request.params.nonce, request.body, channel);
    },
  });
}
