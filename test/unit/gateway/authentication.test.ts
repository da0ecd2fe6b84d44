/** Nobody gets in without a key that stands, a key opens only what its scopes say, and no key is ever logged. */
import rateLimit from '@fastify/rate-limit';
import { fastify } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installAuthentication } from '../../../gateway/authenticate.ts';
import { createGateway, type GatewayApp } from '../../../gateway/index.ts';
import { appendOrder } from '../../../gateway/control-records.ts';
import { hashSecret } from '../../../gateway/credentials.ts';
import { contextOf } from '../../../gateway/options.ts';
import { someTimeAt, workflowIdOf } from '../../support/signed-objects.ts';
import { allScopes, audience, newKeys, startWorld, type World } from './gateway-world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const unauthenticated = { status: 401, body: { code: 'unauthenticated' }, headers: { 'www-authenticate': 'Bearer' } };

async function list(headers: Record<string, string>) {
  return await world.call('GET', '/v1/runs', { headers });
}

/** Every route but the public ones, as the document says. */
/** The token of a link is what opens a session, and a sender's signature is what an answer comes with. */
const publicRoutes = new Set([
  'GET /v1/health',
  'GET /v1/ready',
  'POST /v1/inbox/session',
  'POST /v1/webhooks/answers',
]);

function guardedRoutes(app: GatewayApp): { method: 'GET' | 'POST' | 'DELETE'; url: string }[] {
  return Object.entries(app.swagger().paths ?? {})
    .flatMap(([path, operations]) =>
      Object.keys(operations ?? {}).map((method) => ({
        method: method.toUpperCase() as 'GET' | 'POST' | 'DELETE',
        url: path.replaceAll(/\{\w+\}/g, 'x'),
      })),
    )
    .filter(({ method, url }) => !publicRoutes.has(`${method} ${url}`));
}

describe('without a key that stands', () => {
  it('no route answers, whatever its body', async () => {
    const routes = guardedRoutes(world.app);
    expect(routes.length).toBeGreaterThanOrEqual(13);
    for (const { method, url } of routes) {
      expect(await world.call(method, url), `${method} ${url}`).toMatchObject(unauthenticated);
      const withBody = await world.call(method, url, { body: method === 'GET' ? undefined : '{"a":' });
      expect(withBody, `${method} ${url} with a body`).toMatchObject(unauthenticated);
    }
  });

  it.each([
    ['another scheme', (key: string) => `Basic ${key}`],
    ['no scheme', (key: string) => key],
    ['a cut key', (key: string) => `Bearer ${key.slice(0, -1)}`],
    ['a longer key', (key: string) => `Bearer ${key}a`],
    ['two keys', (key: string) => `Bearer ${key}, Bearer ${key}`],
    ['capitals in the key id', (key: string) => `Bearer ${key.slice(0, 15).toUpperCase()}${key.slice(15)}`],
    ['an empty key', () => 'Bearer '],
  ])('%s is refused', async (_what, authorization) => {
    const key = await world.key('bob');
    expect(await list({ authorization: authorization(key) })).toMatchObject(unauthenticated);
    expect((await list({ authorization: `Bearer ${key}` })).status).toBe(200);
  });

  it('the key id of one with the secret of another is refused', async () => {
    const [first, second] = [await world.key('bob'), await world.key('eve')];
    const mixed = `${first.slice(0, 16)}${second.slice(16)}`;
    expect(await list({ authorization: `Bearer ${mixed}` })).toMatchObject(unauthenticated);
  });

  it('an expired key is refused from the millisecond it expires', async () => {
    const key = await world.key('bob', { expiresAt: world.clock.at + 10 });
    world.clock.at += 9;
    expect((await world.call('GET', '/v1/runs', { key })).status).toBe(200);
    world.clock.at += 1;
    expect(await world.call('GET', '/v1/runs', { key })).toMatchObject(unauthenticated);
  });

  it('a revoked key is refused with the next request', async () => {
    const key = await world.key('bob');
    await appendOrder(world.options, { kind: 'api-key-revocation', keyId: key.slice(3, 15), by: 'ann' });
    expect(await world.call('GET', '/v1/runs', { key })).toMatchObject(unauthenticated);
  });

  it('a key in the address is refused', async () => {
    const key = await world.key('bob');
    expect(await world.call('GET', `/v1/runs?api_key=${key}`)).toMatchObject(unauthenticated);
    expect(world.log.join('')).not.toContain(key);
  });

  it('every refusal says the same, whatever was wrong', async () => {
    const key = await world.key('bob');
    const wrongSecret = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    const unknown = `cs_${'a'.repeat(12)}_${key.slice(16)}`;
    const answers = await Promise.all(
      [wrongSecret, unknown, 'nothing'].map((one) => list({ authorization: `Bearer ${one}` })),
    );
    expect(new Set(answers.map(({ body }) => JSON.stringify({ ...body, instance: '' }))).size).toBe(1);
  });

  it('a failed attempt is in the log, without what was sent', async () => {
    const key = await world.key('bob');
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    await list({ authorization: `Bearer ${wrong}` });
    const line = world.log.find((one) => one.includes('authentication-failed')) ?? '';
    expect(JSON.parse(line)).toMatchObject({ reason: 'wrong-secret', keyId: key.slice(3, 15), address: '127.0.0.1' });
    expect(world.log.join('')).not.toContain(wrong.slice(16));
  });
});

it('a route that does not say who may use it does not register', async () => {
  const app: GatewayApp = fastify().withTypeProvider<ZodTypeProvider>();
  await app.register(rateLimit, { global: false });
  installAuthentication(app, contextOf(world.options));
  const route = { method: 'GET' as const, url: '/v1/open', handler: () => ({}) };
  expect(() => app.route(route)).toThrow('/v1/open does not say who may use it');
  expect(() => app.route({ ...route, config: { access: 'public' } })).not.toThrow();
  await app.close();
});

describe('a record in the database that was not signed with the control key', () => {
  async function recordKey(keys: World['keys'], otherAudience = audience): Promise<string> {
    const writer = { ...world.options, keys, audience: otherAudience };
    const [keyId, secret, mintedBy] = ['forgedforged', 'f'.repeat(43), 'eve'];
    const order = { principal: 'eve', roles: [], person: true, scopes: allScopes, expiresAt: someTimeAt * 2, mintedBy };
    await appendOrder(writer, { kind: 'api-key', keyId, secretHash: hashSecret(secret), ...order });
    return `cs_${keyId}_${secret}`;
  }

  it('gives no access when another key signed it', async () => {
    const key = await recordKey(await newKeys(world.folder));
    expect(await world.call('GET', '/v1/runs', { key })).toMatchObject(unauthenticated);
  });

  it('gives no access when it was signed for another deployment', async () => {
    const key = await recordKey(world.keys, 'countersign:staging');
    expect(await world.call('GET', '/v1/runs', { key })).toMatchObject(unauthenticated);
  });

  it('gives access when the control key signed it here, which shows that the others failed for their signature', async () => {
    const key = await recordKey(world.keys);
    expect((await world.call('GET', '/v1/runs', { key })).status).toBe(200);
  });

  it('revokes nothing when another key signed the revocation', async () => {
    const key = await world.key('bob');
    const writer = { ...world.options, keys: await newKeys(world.folder) };
    await appendOrder(writer, { kind: 'api-key-revocation', keyId: key.slice(3, 15), by: 'eve' });
    expect((await world.call('GET', '/v1/runs', { key })).status).toBe(200);
  });
});

const needed = [
  ['runs:start', 'POST', '/v1/runs'],
  ['runs:read', 'GET', '/v1/runs'],
  ['runs:read', 'GET', `/v1/runs/${workflowIdOf(1)}`],
  ['runs:cancel', 'POST', `/v1/runs/${workflowIdOf(1)}/cancel`],
  ['approvals:read', 'GET', '/v1/approvals'],
  ['approvals:read', 'GET', '/v1/approvals/pace'],
  ['approvals:read', 'GET', '/v1/approvals/x'],
  ['approvals:read', 'GET', '/v1/approvals/x/arguments'],
  ['approvals:read', 'GET', '/v1/approvals/x/words/x'],
  ['approvals:vote', 'POST', '/v1/approvals/x/votes'],
  ['approvals:vote', 'POST', '/v1/approvals/x/withdrawals'],
  ['approvals:vote', 'POST', '/v1/approvals/x/edits'],
  ['approvals:vote', 'POST', '/v1/approvals/x/reconcile'],
  ['approvals:vote', 'POST', '/v1/inbox/sign-in-links'],
  ['approvals:read', 'GET', '/v1/inbox/session'],
  ['approvals:read', 'DELETE', '/v1/inbox/session'],
  ['approvals:read', 'GET', '/v1/reviews'],
  ['approvals:read', 'GET', '/v1/reviews/x'],
  ['approvals:vote', 'POST', '/v1/reviews/x/signatures'],
  ['approvals:read', 'GET', '/v1/grants'],
  ['approvals:read', 'GET', '/v1/grants/x'],
  ['approvals:vote', 'POST', '/v1/grants/x/revocations'],
  ['approvals:vote', 'POST', '/v1/approvals/x/grant-previews'],
  ['approvals:read', 'GET', '/v1/notices'],
  ['approvals:read', 'GET', '/v1/notices/x'],
  ['control:write', 'POST', '/v1/notices/x/x/resend'],
  ['control:write', 'GET', '/v1/slack/identities'],
  ['control:write', 'DELETE', '/v1/slack/identities/x/x'],
  ['control:write', 'GET', '/v1/keys'],
  ['control:write', 'GET', '/v1/refusals'],
  ['control:write', 'POST', '/v1/keys'],
  ['control:write', 'DELETE', '/v1/keys/x'],
  ['runs:read', 'GET', '/v1/policies'],
  ['control:write', 'POST', '/v1/policies'],
  ['control:write', 'POST', '/v1/policies/activations'],
  ['control:write', 'POST', '/v1/policies/rollbacks'],
  ['control:write', 'POST', '/v1/policies/withdrawals'],
  ['control:write', 'POST', '/v1/fleet/freeze'],
  ['control:write', 'POST', '/v1/fleet/thaw'],
  ['redactions:read', 'GET', `/v1/runs/${workflowIdOf(1)}/redactions`],
  ['runs:read', 'POST', `/v1/runs/${workflowIdOf(1)}/redactions/x/read`],
] as const;

describe('a scope', () => {
  it.each(needed)('%s is needed for %s %s', async (scope, method, url) => {
    const others = await world.key('bob', { scopes: allScopes.filter((one) => one !== scope) });
    expect(await world.call(method, url, { key: others })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const own = await world.key('bob', { scopes: [scope] });
    expect((await world.call(method, url, { key: own })).status).not.toBe(403);
  });

  it('is named above for every route that is not public', () => {
    const pattern = (url: string): string => url.replaceAll(/\/(?:x|run-[0-9a-f-]{36})(?=\/|$)/g, '/x');
    const tested = needed.map(([, method, url]) => `${method} ${pattern(url)}`);
    const routes = guardedRoutes(world.app).map(({ method, url }) => `${method} ${url}`);
    // A stream does not end by itself: follow-approvals.test.ts asks for its scope.
    expect(new Set([...tested, 'GET /v1/approvals/events'])).toEqual(new Set(routes));
  });

  it('is needed for the head of an answer as for the answer', async () => {
    const ask = async (key: string) => {
      const headers = { authorization: `Bearer ${key}` };
      return (await world.app.inject({ method: 'HEAD', url: '/v1/runs', headers })).statusCode;
    };
    expect(await ask('nothing')).toBe(401);
    expect(await ask(await world.key('bob', { scopes: ['approvals:read'] }))).toBe(403);
    expect(await ask(await world.key('bob', { scopes: ['runs:read'] }))).toBe(200);
  });
});

describe('too many requests', () => {
  const health = { method: 'GET', url: '/v1/health' } as const;
  const runs = { method: 'GET', url: '/v1/runs' } as const;
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const limitedTo = (perAddress: number, perKey: number) =>
    createGateway({ ...world.options, rateLimits: { perAddress, perKey } });

  it('of one key are told when to come back', async () => {
    const headers = bearer(await world.key('bob'));
    const limited = await limitedTo(100, 2);
    const ask = () => limited.inject({ ...runs, headers });
    const answers = [await ask(), await ask(), await ask()];
    await limited.close();
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 429]);
    expect(Number(answers[2]?.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('of watchers keep nobody with the same key from answering, cancelling or freezing', async () => {
    const headers = bearer(await world.key('bob'));
    await world.openRun(1);
    const limited = await limitedTo(100, 1);
    const post = (url: string) => limited.inject({ method: 'POST', url, headers, payload: { reason: 'x' } });
    const watched = [await limited.inject({ ...runs, headers }), await limited.inject({ ...runs, headers })];
    const stops = [
      await limited.inject({ method: 'GET', url: '/v1/approvals', headers }),
      await post(`/v1/approvals/${crypto.randomUUID()}/votes`),
      await post(`/v1/runs/${workflowIdOf(1)}/cancel`),
      await post('/v1/fleet/freeze'),
    ];
    await limited.close();
    expect(watched.map((answer) => answer.statusCode)).toEqual([200, 429]);
    expect(stops.map((answer) => answer.statusCode)).toEqual([200, 400, 202, 200]);
  });

  it.each([
    ['no key', undefined],
    ['what is no key', 'junk'],
    ['a key that is not ours', `cs_${'a'.repeat(12)}_${'b'.repeat(43)}`],
  ])('with %s are refused by address, and keep nobody with a key out', async (_what, junk) => {
    const headers = bearer(await world.key('bob'));
    const limited = await limitedTo(2, 100);
    const status = async (sent: Record<string, string>) =>
      (await limited.inject({ ...runs, headers: sent })).statusCode;
    const sent = junk === undefined ? {} : bearer(junk);
    const statuses = [await status(sent), await status(sent), await status(sent), await status(headers)];
    await limited.close();
    expect(statuses).toEqual([401, 401, 429, 200]);
  });

  it('with a key use up nothing of what their address may ask', async () => {
    const headers = bearer(await world.key('bob'));
    const limited = await limitedTo(1, 100);
    for (let sent = 0; sent < 3; sent += 1) await limited.inject({ ...runs, headers });
    const answer = await limited.inject(health);
    await limited.close();
    expect(answer.statusCode).toBe(200);
  });

  it('with a key that was revoked within the last second are refused', async () => {
    const key = await world.key('bob');
    const limited = await limitedTo(1, 100);
    const status = async () => (await limited.inject({ ...runs, headers: bearer(key) })).statusCode;
    const before = await status();
    const keyId = /^cs_([a-z0-9]{12})_/.exec(key)?.[1] ?? '';
    const url = `/v1/keys/${keyId}`;
    await limited.inject({ method: 'DELETE', url, headers: bearer(key) });
    const after = await status();
    await limited.close();
    expect([before, after]).toEqual([200, 401]);
  });
});

describe('an address', () => {
  const forwarded = (number: number) => ({ 'x-forwarded-for': `10.0.0.${number}`, 'x-real-ip': `10.0.0.${number}` });

  it('is not what a caller says it is: a flood would come from a thousand', async () => {
    const limited = await createGateway({ ...world.options, rateLimits: { perAddress: 2, perKey: 100 } });
    const ask = async (number: number) =>
      (await limited.inject({ method: 'GET', url: '/v1/health', headers: forwarded(number) })).statusCode;
    const statuses = [await ask(1), await ask(2), await ask(3)];
    await limited.close();
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('is counted on a route that is not there, too', async () => {
    const limited = await createGateway({ ...world.options, rateLimits: { perAddress: 1, perKey: 100 } });
    const ask = async () => (await limited.inject({ method: 'GET', url: '/nothing' })).statusCode;
    const statuses = [await ask(), await ask()];
    await limited.close();
    expect(statuses).toEqual([404, 429]);
  });
});

describe('health', () => {
  it('is public and says nothing more', async () => {
    expect(await world.call('GET', '/v1/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await world.call('GET', '/v1/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });
  });

  it('is not ready while the server is away', async () => {
    world.door.down = true;
    const answer = await world.call('GET', '/v1/ready');
    expect(answer).toMatchObject({ status: 503, body: { status: 'not-ready' } });
    expect(Object.keys(answer.body)).toEqual(['status']);
  });
});
