/** API keys and signing keys: list, make, enrol, revoke. */
import { z } from 'zod';
import {
  keyIdSchema,
  keyListSchema,
  keyMintedSchema,
  type KeyView,
  mintKeyRequestSchema,
  refusalListSchema,
} from '../../client/key-schemas.ts';
import { CountersignError } from '../../core/errors.ts';
import type { GatewayApp } from '../app.ts';
import { callerOf } from '../authenticate.ts';
import { appendOrder } from '../control-records.ts';
import { type Credential, standingVotingKeys, type VotingKey } from '../credentials.ts';
import { enrolKey, enrolSigningKey, type KeyOrder, mintApiKey } from '../mint-api-key.ts';
import type { UseNotes } from '../note-uses.ts';
import type { GatewayContext } from '../options.ts';
import { refuseSecrets } from '../refuse-secrets.ts';
import { undeclaredRoles } from '../undeclared-roles.ts';
import { queryInteger } from './query-integer.ts';
import { problemResponses } from './responses.ts';

const access = 'control:write' as const;
const refusalQuery = z.strictObject({
  limit: queryInteger(z.int().min(1).max(1000)).default(100).describe('Absent: 100'),
});

export function keyRoutes(app: GatewayApp, gateway: GatewayContext, notes: UseNotes): void {
  app.route({
    method: 'GET',
    url: '/v1/keys',
    config: { access },
    schema: {
      operationId: 'listKeys',
      summary: 'Keys that are not revoked, without their secrets',
      response: { 200: keyListSchema, ...problemResponses },
    },
    handler: async () => {
      await notes.flush();
      const used = await gateway.store.keyUses();
      const keys = [...(await standingVotingKeys(gateway)).values()];
      return { keys: keys.map((key) => keyView(key, used.get(key.keyId) ?? null)) };
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/refusals',
    config: { access },
    schema: {
      operationId: 'listRefusals',
      summary: 'What was refused to whom, counted by the minute, newest first',
      querystring: refusalQuery,
      response: { 200: refusalListSchema, ...problemResponses },
    },
    handler: async (request) => {
      await notes.flush();
      return { refusals: await gateway.store.listRefusals(request.query.limit) };
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/keys',
    config: { access },
    schema: {
      operationId: 'mintKey',
      summary: 'Make an API key, which is shown in the answer and nowhere else, or enrol what its bearer made',
      body: mintKeyRequestSchema,
      response: { 201: keyMintedSchema, ...problemResponses },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      const { expiresInMs, own, ...wanted } = request.body;
      const expiresAt = gateway.clock.now() + expiresInMs;
      const order = { ...wanted, expiresAt, mintedBy: caller.principal, mintedWith: caller.keyId };
      requireWithinOwn(caller, order);
      // It goes into each ticket and vote of the key.
      await refuseSecrets(gateway, 'the principal', order.principal);
      // Before there is a key: it is shown once, and must not get lost by a question.
      const undeclared = await undeclaredRoles(gateway, order.roles);
      const besides = undeclared.length === 0 ? {} : { undeclaredRoles: undeclared };
      if (own) {
        const { keyId } = own;
        const publicKey = 'publicKey' in own ? own.publicKey : null;
        await ('publicKey' in own ? enrolSigningKey(gateway, order, own) : enrolKey(gateway, order, own));
        const enrolled = { ...order, keyId, publicKey, madeByBearer: true, lastUsedAt: null, apiKey: null, ...besides };
        return await reply.code(201).send(enrolled);
      }
      const { apiKey, keyId } = await mintApiKey(gateway, order);
      const made = { ...order, keyId, publicKey: null, madeByBearer: false, lastUsedAt: null, apiKey, ...besides };
      return await reply.code(201).send(made);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/keys/:keyId',
    config: { access },
    schema: {
      operationId: 'revokeKey',
      summary: 'Revoke a key: from the next request on, and for votes that were not decided on yet',
      params: z.strictObject({ keyId: keyIdSchema }),
      querystring: z.strictObject({
        withMade: z.literal('true').optional().describe('Also every key that was made with it, and with those'),
      }),
      response: { 204: z.undefined(), ...problemResponses },
    },
    handler: async (request, reply) => {
      const { keyId } = request.params;
      if (!(await standingVotingKeys(gateway)).has(keyId)) {
        throw new CountersignError(
          'not-found',
          `Cannot revoke key "${keyId}": there is none that stands, expected one that does; list them`,
        );
      }
      const withMade = request.query.withMade === undefined ? {} : { withMade: true as const };
      await appendOrder(gateway, { kind: 'api-key-revocation', keyId, by: callerOf(request).principal, ...withMade });
      return await reply.code(204).send(undefined);
    },
  });
}

/**
 * A key can do nothing by making another: neither more, nor longer than it stands itself, nor vote where it is no person's.
 *
 * @throws {CountersignError} `forbidden`
 */
function requireWithinOwn(maker: Credential, wanted: KeyOrder): void {
  const beyond = wanted.scopes.filter((scope) => !maker.scopes.includes(scope));
  if (beyond.length > 0) throw beyondOwn(`have scopes the maker's lacks (${beyond.join(', ')})`);
  if (wanted.expiresAt > maker.expiresAt) {
    throw beyondOwn(
      `outlive the maker's, which ends at ${new Date(maker.expiresAt).toISOString()}`,
      'make it end sooner ("expiresInMs", or --days of "countersign keys"), or ',
    );
  }
  if (wanted.person && !maker.person) throw beyondOwn("be a person's, and the maker's is a service account's");
}

function beyondOwn(would: string, remedy = ''): CountersignError {
  return new CountersignError(
    'forbidden',
    `Cannot make a key: it would ${would}, expected one within the maker's own; ${remedy}ask somebody who has such a key`,
  );
}

function keyView(key: VotingKey, lastUsedAt: number | null): KeyView {
  const { keyId, principal, roles, person, scopes, expiresAt, mintedBy, mintedWith = null, madeByBearer = false } = key;
  const publicKey = key.kind === 'signing-key' ? key.publicKey : null;
  return {
    keyId,
    principal,
    roles,
    person,
    scopes,
    expiresAt,
    mintedBy,
    mintedWith,
    madeByBearer,
    lastUsedAt,
    publicKey,
  };
}
