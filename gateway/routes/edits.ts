/** Answering a request with other arguments: a vote like any other, by the same function. */
import { editRequestSchema } from '../../client/edit-schemas.ts';
import { voteAnswerSchema, voteRecordedSchema } from '../../client/gateway-schemas.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { GatewayApp } from '../app.ts';
import type { ApproverCheck } from '../approvers.ts';
import { callerOf } from '../authenticate.ts';
import { castVote } from '../cast-vote.ts';
import type { GatewayContext } from '../options.ts';
import { problemResponses } from './responses.ts';
import { askParameters, channelOf, seenCard, voteHeaders } from './vote-requests.ts';

export function editRoutes(app: GatewayApp, gateway: GatewayContext, approvers: ApproverCheck): void {
  app.route({
    method: 'POST',
    url: '/v1/approvals/:nonce/edits',
    config: { access: 'approvals:vote' },
    schema: {
      operationId: 'editCall',
      summary: 'Answer with other arguments: the call comes to the gate anew with them',
      params: askParameters,
      headers: voteHeaders,
      body: editRequestSchema,
      response: { 200: voteAnswerSchema, 202: voteRecordedSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { 'idempotency-key': idempotencyKey, 'if-match': ifMatch } = request.headers;
      const { arguments: edited, cardDigest: inBody, ...said } = request.body;
      const caller = callerOf(request);
      const vote = await castVote(gateway, approvers, caller, request.params.nonce, {
        ...said,
        verdict: 'edit',
        arguments: canonicalJson(edited),
        cardDigest: seenCard(inBody, ifMatch?.slice(1, -1), 'take this edit'),
        channel: channelOf(caller, said.channel),
        idempotencyKey,
      });
      return vote.status === 'recorded' ? await reply.code(202).send(vote) : await reply.code(200).send(vote);
    },
  });
}
