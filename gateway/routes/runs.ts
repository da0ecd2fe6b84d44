/** Runs: start, list, show, cancel. */
import { z } from 'zod';
import {
  cancelledSchema,
  cancelRequestSchema,
  runListSchema,
  runPositionSchema,
  runStartedSchema,
  startRunRequestSchema,
} from '../../client/gateway-schemas.ts';
import { type RunDetail, runDetailSchema, runResultSchema, runStateSchema } from '../../client/run-detail-schemas.ts';
import { principalSchema, workflowIdSchema } from '../../core/contracts/ids.ts';
import { CountersignError } from '../../core/errors.ts';
import type { GatewayApp } from '../app.ts';
import { callerOf } from '../authenticate.ts';
import { asEngineSays, engineWords, shownFailure, statusOf, troubleOf } from '../engine-word.ts';
import { inParallel } from '../in-parallel.ts';
import { type KnownStart, knownStart, runViewOf } from '../known-start.ts';
import { longBodyBytes } from '../json-body.ts';
import type { GatewayContext } from '../options.ts';
import { refusedCalls } from '../refused-calls.ts';
import { refuseSecrets } from '../refuse-secrets.ts';
import { startRun } from '../start-run.ts';
import { openTicket } from '../verified.ts';
import { queryInteger } from './query-integer.ts';
import { problemResponses } from './responses.ts';

const liveWithinMs = 1500;
const atOnce = 8;
const runParameters = z.strictObject({ workflowId: workflowIdSchema });
const startHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .describe('A retry with the same key and request meets the run it had started'),
});
const listQuery = z.strictObject({
  limit: queryInteger(z.int().min(1).max(200)).default(50).describe('Absent: 50'),
  before: runPositionSchema.optional(),
  principal: principalSchema.optional(),
});

function positionOf(text: string): { openedAt: number; workflowId?: string } {
  const [time, workflowId] = text.split('.', 2);
  return { openedAt: Number(time), ...(workflowId === undefined ? {} : { workflowId }) };
}

export function runRoutes(app: GatewayApp, gateway: GatewayContext): void {
  app.route({
    method: 'POST',
    url: '/v1/runs',
    config: { access: 'runs:start' },
    bodyLimit: longBodyBytes,
    schema: {
      operationId: 'startRun',
      summary: 'Start a run of an active agent',
      headers: startHeaders,
      body: startRunRequestSchema,
      response: { 200: runStartedSchema, 201: runStartedSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const started = await startRun(gateway, callerOf(request), request.body, request.headers['idempotency-key']);
      return await reply.code(started.repeated ? 200 : 201).send(started);
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/runs',
    config: { access: 'runs:read' },
    schema: {
      operationId: 'listRuns',
      summary: 'Runs that a worker has opened, newest first',
      querystring: listQuery,
      response: { 200: runListSchema, ...problemResponses },
    },
    handler: async (request) => {
      const { limit, before, principal } = request.query;
      const filter = {
        limit,
        ...(before === undefined ? {} : { before: positionOf(before) }),
        ...(principal ? { principal } : {}),
      };
      const rows = await gateway.store.listRuns(filter);
      const words = engineWords(gateway);
      const views = await inParallel(rows, atOnce, async (row) => {
        const ticket = openTicket(gateway, row.ticket, row.workflowId);
        if (!ticket) return [];
        const view = runViewOf(ticket, row, row.closedAt === null);
        return [row.closedAt === null ? asEngineSays(view, await words(row.workflowId)) : view];
      });
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return { runs: views.flat(), nextBefore: last ? `${last.openedAt}.${last.workflowId}` : null };
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/runs/:workflowId',
    config: { access: 'runs:read' },
    schema: {
      operationId: 'getRun',
      summary: 'One run, with its own word on where it stands while a worker answers',
      params: runParameters,
      response: { 200: runDetailSchema, ...problemResponses },
    },
    handler: async (request) => await showRun(gateway, request.params.workflowId),
  });
  app.route({
    method: 'POST',
    url: '/v1/runs/:workflowId/cancel',
    config: { access: 'runs:cancel' },
    schema: {
      operationId: 'cancelRun',
      summary: 'Ask a run to end; what it does meanwhile ends first. With `force`, end it at the server, at once',
      params: runParameters,
      body: cancelRequestSchema,
      response: { 202: cancelledSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const { workflowId } = request.params;
      const { reason, force = false } = request.body;
      const caller = callerOf(request);
      await refuseSecrets(gateway, 'the reason', reason);
      await requireKnown(gateway, workflowId);
      const said = `${caller.principal}: ${reason}`;
      if (force) await gateway.door.terminate(workflowId, said);
      else await gateway.door.cancel(workflowId, said);
      return await reply.code(202).send({ workflowId, status: force ? 'terminated' : 'requested' });
    },
  });
}

async function showRun(gateway: GatewayContext, workflowId: string): Promise<RunDetail> {
  const { ticket, row, running } = await requireKnown(gateway, workflowId);
  // Where the server is out of reach, the row is still worth showing.
  const word = await engineWords(gateway)(workflowId);
  const engine = statusOf(word);
  const [live, end, refusals] = await Promise.all([
    engine === 'running' ? liveState(gateway, workflowId) : null,
    engine === 'closed' ? gateway.door.runEnd(workflowId).catch(() => undefined) : undefined,
    refusedCalls(gateway, workflowId),
  ]);
  return {
    run: asEngineSays(runViewOf(ticket, row, running), word),
    engine,
    live,
    result: runResultSchema.safeParse(end?.result).data ?? null,
    refusals,
    trouble: troubleOf(word),
    failure: shownFailure(end?.failure),
  };
}

/** A run of ours; other workflows of the namespace are none of this API's business. */
async function requireKnown(
  gateway: GatewayContext,
  workflowId: string,
): Promise<KnownStart & { ticket: NonNullable<KnownStart['ticket']> }> {
  const known = await knownStart(gateway, workflowId);
  if (known?.ticket) return { ...known, ticket: known.ticket };
  throw new CountersignError(
    'not-found',
    `Cannot find run "${workflowId}": there is none, expected a run that this gateway started; list them`,
  );
}

async function liveState({ door }: GatewayContext, workflowId: string): Promise<RunDetail['live']> {
  const state = await door.runState(workflowId, liveWithinMs).catch(() => undefined);
  return runStateSchema.safeParse(state).data ?? null;
}
