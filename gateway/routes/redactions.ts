/** What redaction took out of a run: which marks are kept and who read them, and one of them in clear, on record. */
import { z } from 'zod';
import {
  readRedactionRequestSchema,
  redactionListSchema,
  redactionShownSchema,
} from '../../client/redaction-schemas.ts';
import { workflowIdSchema } from '../../core/contracts/ids.ts';
import { markSchema } from '../../core/contracts/redaction.ts';
import { readControl } from '../../store/read-control.ts';
import type { GatewayApp } from '../app.ts';
import { callerOf, refuseExcess } from '../authenticate.ts';
import type { GatewayContext } from '../options.ts';
import { readRedaction } from '../read-redaction.ts';
import { problemResponses } from './responses.ts';

/** Of one key: a stolen one empties no store at once, and refused reads fill no record. */
const mostReadsAMinute = 30;
const mostListed = 10_000;

export function redactionRoutes(app: GatewayApp, gateway: GatewayContext): void {
  const byKey = app.createRateLimit({
    max: mostReadsAMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => `redactions:${request.caller?.keyId ?? ''}`,
  });
  app.route({
    method: 'GET',
    url: '/v1/runs/:workflowId/redactions',
    config: { access: 'redactions:read' },
    schema: {
      operationId: 'listRedactions',
      summary: 'What redaction took out of a run and is kept, by mark, and who read it',
      params: z.strictObject({ workflowId: workflowIdSchema }),
      response: { 200: redactionListSchema, ...problemResponses },
    },
    handler: async (request) => await listOf(gateway, request.params.workflowId),
  });
  app.route({
    method: 'POST',
    url: '/v1/runs/:workflowId/redactions/:mark/read',
    // Whoever may look at runs may ask; without `redactions:read` the answer is no, and on record.
    config: { access: 'runs:read' },
    schema: {
      operationId: 'readRedaction',
      summary: 'What a mark stands in for, to a key with `redactions:read`; recorded before it is shown',
      params: z.strictObject({ workflowId: workflowIdSchema, mark: markSchema }),
      body: readRedactionRequestSchema,
      response: { 200: redactionShownSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      refuseExcess(reply, await byKey(request), 'this key');
      return await readRedaction(gateway, callerOf(request), { ...request.params, ...request.body });
    },
  });
}

async function listOf({ store, audience, keys, redactionKey }: GatewayContext, workflowId: string) {
  const rows = await store.listRedactions({ workflowId, limit: mostListed });
  const reads = await readControl({ store, audience, registry: keys.registry }, ['redaction-read']);
  return {
    redactions: rows.map(({ mark, keyId, keptAt }) => ({ mark, keyId, keptAt })),
    keyId: redactionKey?.id ?? null,
    reads: reads.flatMap(({ workflowId: of, mark, outcome, by, reason, readAt }) =>
      of === workflowId ? [{ mark, outcome, by, reason, readAt }] : [],
    ),
  };
}
