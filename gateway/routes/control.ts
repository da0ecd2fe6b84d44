/** API keys, and the fleet's freeze and thaw: signed orders, numbered by the store. */
import { z } from 'zod';
import {
  fleetRequestSchema,
  type FleetState,
  fleetStateSchema,
  keyIdSchema,
  keyListSchema,
  keyMintedSchema,
  type KeyView,
  mintKeyRequestSchema,
} from '../../client/gateway-schemas.ts';
import { CountersignError } from '../../core/errors.ts';
import { readFreeze } from '../../store/read-control.ts';
import type { GatewayApp } from '../app.ts';
import { callerOf } from '../authenticate.ts';
import { appendOrder } from '../control-records.ts';
import { type Credential, standingKeys } from '../credentials.ts';
import { mintApiKey } from '../mint-api-key.ts';
import type { GatewayContext } from '../options.ts';
import { refuseSecrets } from '../refuse-secrets.ts';
import { tellOpenRuns } from '../tell-runs.ts';
import { problemResponses } from './responses.ts';

const access = 'control:write' as const;

export function controlRoutes(app: GatewayApp, gateway: GatewayContext): void {
  keyRoutes(app, gateway);
  for (const kind of ['freeze', 'thaw'] as const) {
    app.route({
      method: 'POST',
      url: `/v1/fleet/${kind}`,
      config: { access },
      schema: {
        operationId: kind,
        summary: kind === 'freeze' ? 'No effect of any run starts from now on' : 'End a freeze',
        body: fleetRequestSchema,
        response: { 200: fleetStateSchema, ...problemResponses },
      },
      handler: async (request) => await order(gateway, callerOf(request), kind, request.body.reason),
    });
  }
}

function keyRoutes(app: GatewayApp, gateway: GatewayContext): void {
  app.route({
    method: 'GET',
    url: '/v1/keys',
    config: { access },
    schema: {
      operationId: 'listKeys',
      summary: 'API keys that are not revoked, without their secrets',
      response: { 200: keyListSchema, ...problemResponses },
    },
    handler: async () => ({ keys: [...(await standingKeys(gateway)).values()].map(keyView) }),
  });
  app.route({
    method: 'POST',
    url: '/v1/keys',
    config: { access },
    schema: {
      operationId: 'mintKey',
      summary: 'Make an API key; the answer is the only place it is ever shown',
      body: mintKeyRequestSchema,
      response: { 201: keyMintedSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      const { expiresInMs, ...wanted } = request.body;
      const beyond = wanted.scopes.filter((scope) => !caller.scopes.includes(scope));
      if (beyond.length > 0) throw beyondOwn(beyond.join(', '));
      const expiresAt = gateway.clock.now() + expiresInMs;
      const { apiKey, keyId } = await mintApiKey(gateway, { ...wanted, expiresAt, mintedBy: caller.principal });
      return await reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...wanted, keyId, expiresAt, mintedBy: caller.principal, apiKey });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/keys/:keyId',
    config: { access },
    schema: {
      operationId: 'revokeKey',
      summary: 'Revoke an API key: from the next request on, and for votes that were not decided on yet',
      params: z.strictObject({ keyId: keyIdSchema }),
      response: { 204: z.undefined(), ...problemResponses },
    },
    handler: async (request, reply) => {
      const { keyId } = request.params;
      if (!(await standingKeys(gateway)).has(keyId)) {
        throw new CountersignError(
          'not-found',
          `Cannot revoke key "${keyId}": there is none that stands, expected one that does; list them`,
        );
      }
      await appendOrder(gateway, { kind: 'api-key-revocation', keyId, by: callerOf(request).principal });
      return await reply.code(204).send(undefined);
    },
  });
}

async function order(
  gateway: GatewayContext,
  caller: Credential,
  kind: 'freeze' | 'thaw',
  reason: string,
): Promise<FleetState> {
  await refuseSecrets(gateway, 'the reason', reason);
  await appendOrder(gateway, { kind, by: caller.principal, reason });
  const signalled = await tellOpenRuns(gateway, kind);
  const { store, audience, keys } = gateway;
  return { ...(await readFreeze({ store, audience, registry: keys.registry })), signalled };
}

function keyView({ keyId, principal, roles, person, scopes, expiresAt, mintedBy }: Credential): KeyView {
  return { keyId, principal, roles, person, scopes, expiresAt, mintedBy };
}

function beyondOwn(scopes: string): CountersignError {
  return new CountersignError(
    'forbidden',
    `Cannot make a key: it would have scopes the maker's lacks (${scopes}), expected some of the maker's own; ask somebody who has them`,
  );
}
