/** How the OpenAPI 3.1 document is made from the routes' own schemas; `docs/openapi.json` is its committed form. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

export const apiDocument: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Countersign gateway',
      description:
        'Start runs, answer approval requests, keep keys. Errors are RFC 9457 problems with a stable `code`.',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: cs_<key id>_<secret>' } },
    },
    security: [{ apiKey: [] }],
  },
  transform: jsonSchemaTransform,
};
