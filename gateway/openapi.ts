/**
 * How the OpenAPI 3.1 document is made from the routes' own schemas; `docs/openapi.json` is its committed form. What several
 * routes answer with is a component of its own name.
 */
import { STATUS_CODES } from 'node:http';
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { noticeListSchema, noticeSchema } from '../client/channel-schemas.ts';
import {
  approvalArgumentsSchema,
  approvalEventSchema,
  approvalListSchema,
  approvalViewSchema,
  cancelledSchema,
  fleetStateSchema,
  healthSchema,
  problemSchema,
  readySchema,
  reconciledSchema,
  runListSchema,
  runStartedSchema,
  runViewSchema,
  voteAnswerSchema,
  voteRecordedSchema,
} from '../client/gateway-schemas.ts';
import {
  runDetailSchema,
  runFailureSchema,
  runResultSchema,
  runStateSchema,
  runTroubleSchema,
} from '../client/run-detail-schemas.ts';
import { keyListSchema, keyMintedSchema, keyViewSchema } from '../client/key-schemas.ts';
import { cardSchema } from '../core/contracts/approval.ts';
import { findingSchema } from '../core/contracts/labels.ts';

const components = {
  Approval: approvalViewSchema,
  ApprovalArguments: approvalArgumentsSchema,
  ApprovalEvent: approvalEventSchema,
  ApprovalList: approvalListSchema,
  CancelRequested: cancelledSchema,
  Card: cardSchema,
  Finding: findingSchema,
  FleetState: fleetStateSchema,
  Health: healthSchema,
  Key: keyViewSchema,
  KeyList: keyListSchema,
  KeyMinted: keyMintedSchema,
  Notice: noticeSchema,
  NoticeList: noticeListSchema,
  Problem: problemSchema,
  Readiness: readySchema,
  Reconciled: reconciledSchema,
  Run: runViewSchema,
  RunDetail: runDetailSchema,
  RunList: runListSchema,
  RunResult: runResultSchema,
  RunTrouble: runTroubleSchema,
  RunFailure: runFailureSchema,
  RunStarted: runStartedSchema,
  RunState: runStateSchema,
  VoteAnswer: voteAnswerSchema,
  VoteRecorded: voteRecordedSchema,
};
// In the registry that the descriptions are in; ids mean nothing outside of such documents.
for (const [id, schema] of Object.entries(components)) {
  z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
}

export const apiDocument: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Countersign gateway',
      description:
        'Start runs, answer approval requests, keep keys. Errors are RFC 9457 problems with a stable `code`. Times are milliseconds since the Unix epoch, durations milliseconds.',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: cs_<key id>_<secret>' } },
    },
    security: [{ apiKey: [] }],
  },
  transform: jsonSchemaTransform,
  transformObject: (document) => tidied(jsonSchemaTransformObject(document)),
};

type Document = ReturnType<typeof jsonSchemaTransformObject>;

/** Without components that nothing refers to, and with each answer described at least by its status. */
function tidied(document: Document): Document {
  if (!('components' in document)) return document;
  const schemas = Object.entries(document.components?.schemas ?? {});
  const used = referredTo(new Map(schemas.map(([name, schema]) => [name, JSON.stringify(schema)])), document.paths);
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of [path?.get, path?.post, path?.delete]) {
      for (const [status, response] of Object.entries(operation?.responses ?? {})) {
        if ('description' in response && response.description === 'Default Response') {
          response.description = STATUS_CODES[status] ?? status;
        }
      }
    }
  }
  const kept = Object.fromEntries(schemas.filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas: kept } } as Document;
}

function referredTo(textsByName: ReadonlyMap<string, string>, paths: unknown): Set<string> {
  const names = new Set<string>();
  const texts = [JSON.stringify(paths)];
  for (const text of texts) {
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (!names.has(name)) texts.push(textsByName.get(name) ?? '');
      names.add(name);
    }
  }
  return names;
}
