/** Signing in to the inbox, and what a session may do: read and answer, from the gateway's own page, while its key stands. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nonceOf } from '../../support/signed-objects.ts';
import { type Answer, newKeys, startWorld, type World } from './gateway-world.ts';

let world: World;
let bob: string;
const host = '127.0.0.1:7420';
const ownPage = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };

beforeEach(async () => {
  world = await startWorld();
  bob = await world.key('bob');
  await world.ask(1);
});
afterEach(() => world.close());

async function link(key = bob): Promise<string> {
  const answer = await world.call('POST', '/v1/inbox/sign-in-links', { key, headers: { host } });
  expect(answer.status).toBe(201);
  const url = new URL(String(answer.body['url']));
  expect(url.origin + url.pathname).toBe(`http://${host}/inbox`);
  return url.hash.slice('#sign-in='.length);
}

async function open(token: string): Promise<Answer> {
  return await world.call('POST', '/v1/inbox/session', { body: { token }, headers: ownPage });
}

async function session(key = bob): Promise<string> {
  const answer = await open(await link(key));
  expect(answer.status).toBe(201);
  return String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';
}

async function vote(cookie: string, headers: Record<string, string> = ownPage): Promise<Answer> {
  const row = await world.store.getAsk(nonceOf(1));
  if (row?.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  const { cardDigest } = row.ask.body.ask;
  const body = { verdict: 'approve', cardDigest, channel: 'api' };
  return await world.call('POST', `/v1/approvals/${nonceOf(1)}/votes`, { body, headers: { ...headers, cookie } });
}

async function votes() {
  return (await world.store.votesByNonce(nonceOf(1))).map(({ vote: { body } }) => body);
}

describe('a sign-in link', () => {
  it('opens one session, in a cookie that no script and no other site gets', async () => {
    const token = await link();
    const answer = await open(token);
    expect(answer.body).toMatchObject({ principal: 'bob' });
    expect(answer.headers['set-cookie']).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3600$/);
    expect(await open(token)).toMatchObject({ status: 401 });
  });

  it('opens one session when two use it at once', async () => {
    const token = await link();
    const statuses = (await Promise.all([open(token), open(token)])).map(({ status }) => status);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([201, 401]);
  });

  it('ends after five minutes, and with its key', async () => {
    const late = await link();
    world.clock.at += 5 * 60_000 + 1;
    expect((await open(late)).status).toBe(401);
    const revoked = await link();
    const keyId = bob.split('_')[1] ?? '';
    await world.call('DELETE', `/v1/keys/${keyId}`, { key: await world.key('ann') });
    expect((await open(revoked)).status).toBe(401);
  });

  it('takes nobody else’s session away unless whoever is signed in is named, and is not used up by asking', async () => {
    const cookie = await session();
    const token = await link(await world.key('eve'));
    const headers = { ...ownPage, cookie };
    const openWith = async (body: object) => await world.call('POST', '/v1/inbox/session', { body, headers });
    for (const body of [{ token }, { token, instead: 'eve' }]) {
      const asked = await openWith(body);
      expect(asked).toMatchObject({ status: 200, body: { principal: 'eve', signedInAs: 'bob' } });
      expect(asked.headers['set-cookie']).toBeUndefined();
    }
    expect(await openWith({ token, instead: 'bob' })).toMatchObject({ status: 201, body: { principal: 'eve' } });
    // One’s own session is nobody else’s, and neither is one that has ended.
    expect(await openWith({ token: await link() })).toMatchObject({ status: 201, body: { principal: 'bob' } });
    await world.call('DELETE', '/v1/inbox/session', { headers });
    expect((await openWith({ token: await link(await world.key('eve')) })).status).toBe(201);
  });

  it('is for people, and not made by a session', async () => {
    const machine = await world.key('robot', { person: false });
    expect((await world.call('POST', '/v1/inbox/sign-in-links', { key: machine })).status).toBe(403);
    const cookie = await session();
    const again = await world.call('POST', '/v1/inbox/sign-in-links', { headers: { ...ownPage, cookie } });
    expect(again.status).toBe(403);
  });

  it('with another secret, or none, opens nothing', async () => {
    const token = await link();
    const [id = ''] = token.split('_');
    expect((await open(`${id}_${'A'.repeat(43)}`)).status).toBe(401);
    expect((await open(`${'z'.repeat(12)}_${'A'.repeat(43)}`)).status).toBe(401);
    expect((await open('x')).status).toBe(400);
  });

  it('is nothing that a writer of the database can make', async () => {
    const forged = await newKeys(world.folder);
    const token = await link();
    const [linkId = ''] = token.split('_');
    const rows = await world.store.listControl(['sign-in-link']);
    const { body } = rows.find((one) => one.body.kind === 'sign-in-link' && one.body.linkId === linkId) ?? {};
    if (body?.kind !== 'sign-in-link') throw new TypeError('no link');
    const other = 'forgedforged';
    await world.store.appendControl((sequence) => world.seal('control', { ...body, linkId: other, sequence }, forged));
    expect((await open(token.replace(linkId, other))).status).toBe(401);
  });
});

describe('a session', () => {
  it('votes as its person, from the web whatever it says, and the vote says by what', async () => {
    expect(await vote(await session())).toMatchObject({ status: 200, body: { status: 'applied' } });
    expect(await votes()).toMatchObject([
      {
        principal: 'bob',
        channel: 'web',
        authenticated: {
          method: 'api-key',
          credentialId: bob.split('_')[1],
          via: expect.stringMatching(/^session:/) as unknown,
        },
      },
    ]);
  });

  it.each([
    ['another origin', { ...ownPage, origin: 'http://127.0.0.1:9999' }],
    ['another site, as the browser says', { ...ownPage, 'sec-fetch-site': 'cross-site' }],
    ['nobody knows where', { host }],
    ['a name that only looks like ours', { ...ownPage, origin: `http://${host}.evil.example` }],
  ])('cannot be ridden from %s', async (_, headers) => {
    const answer = await vote(await session(), headers);
    expect([401, 403]).toContain(answer.status);
    expect(await votes()).toEqual([]);
  });

  it('cannot be ridden where the gateway listens for others, either', async () => {
    const remote = await startWorld({ gateway: { allowRemote: true } });
    try {
      const key = await remote.key('bob');
      const made = await remote.call('POST', '/v1/inbox/sign-in-links', { key, headers: { host: 'cs.example' } });
      const token = String(made.body['url']).split('#sign-in=')[1];
      const headers = { host: 'cs.example', origin: 'https://cs.example' };
      const opened = await remote.call('POST', '/v1/inbox/session', { body: { token }, headers });
      expect(opened.headers['set-cookie']).toMatch(/; Secure$/);
      const cookie = String(opened.headers['set-cookie']).split(';', 1)[0] ?? '';
      const out = (origin: string) =>
        remote.call('DELETE', '/v1/inbox/session', { headers: { host: 'cs.example', origin, cookie } });
      expect((await out('https://evil.example')).status).toBe(401);
      expect((await out('https://cs.example')).status).toBe(204);
    } finally {
      await remote.close();
    }
  });

  it('has the scopes to read and answer, and no other', async () => {
    const cookie = await session();
    const headers = { ...ownPage, cookie };
    expect((await world.call('GET', '/v1/approvals', { headers })).status).toBe(200);
    expect((await world.call('GET', '/v1/keys', { headers })).status).toBe(403);
    expect((await world.call('POST', '/v1/fleet/freeze', { headers, body: { reason: 'x' } })).status).toBe(403);
  });

  it('ends when signed out, when its time is over, and when its key is revoked', async () => {
    const signedOut = await session();
    const headers = { ...ownPage, cookie: signedOut };
    expect((await world.call('DELETE', '/v1/inbox/session', { headers })).status).toBe(204);
    const refused = await vote(signedOut);
    expect(refused.status).toBe(401);
    expect(refused.text).toContain('its sign-in has ended or is not valid');
    expect(refused.text).not.toContain('API key');
    expect((await vote(await session(), {})).text).toContain('its Origin is missing or is another page');
    const revoked = await session();
    await world.call('DELETE', `/v1/keys/${bob.split('_')[1] ?? ''}`, { key: await world.key('ann') });
    expect((await vote(revoked)).status).toBe(401);
    const short = await world.key('carol', { expiresAt: world.clock.at + 1000 });
    const ending = await session(short);
    world.clock.at += 1001;
    expect((await vote(ending)).status).toBe(401);
    expect(await votes()).toEqual([]);
  });

  it('is not used where a key is sent, even a wrong one', async () => {
    const cookie = await session();
    const authorization = `Bearer cs_${'x'.repeat(12)}_${'A'.repeat(43)}`;
    const answer = await world.call('GET', '/v1/approvals', { headers: { ...ownPage, cookie, authorization } });
    expect(answer.status).toBe(401);
  });
});

describe('the page', () => {
  it.each([
    '/inbox',
    '/inbox/inbox.js',
    '/inbox/page.js',
    '/inbox/follow.js',
    '/inbox/time-left.js',
    '/inbox/edit.js',
    '/inbox/send-answer.js',
    '/inbox/unreadable.js',
    '/inbox/reviews.js',
    '/inbox/enrol.js',
    '/inbox/sign-in.js',
    '/inbox/inbox.css',
  ])('%s is given without a key, under a strict policy', async (url) => {
    const answer = await world.app.inject({ method: 'GET', url, headers: { host } });
    expect(answer.statusCode).toBe(200);
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  // As Chromium sends them for a link in a web mail, and for what a page does by itself.
  const followed = { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

  it('opens by a link from another site, and nothing else does', async () => {
    const get = async (url: string, headers: Record<string, string>): Promise<number> =>
      (await world.app.inject({ method: 'GET', url, headers })).statusCode;
    expect(await get(`/inbox?approval=${nonceOf(1)}`, { ...followed, 'sec-fetch-user': '?1' })).toBe(200);
    expect(await get('/inbox', { ...followed, 'sec-fetch-site': 'same-site' })).toBe(200);
    const cookie = await session();
    for (const url of [
      '/v1/approvals',
      `/v1/approvals/${nonceOf(1)}`,
      '/v1/inbox/session',
      '/inbox/inbox.js',
      '/docs',
    ]) {
      expect(await get(url, { ...followed, cookie }), url).toBe(403);
    }
  });

  it.each([
    ['a frame', { 'sec-fetch-dest': 'iframe' }],
    ['a fetch', { 'sec-fetch-mode': 'no-cors' }],
    ['a script', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
    ['a prefetch', { 'sec-purpose': 'prefetch;prerender' }],
    ['a fetch that names its origin', { origin: 'https://evil.example' }],
    ['a name rebound to this machine', { host: 'evil.example:7420' }],
  ])('does not open to another site by %s', async (_, headers) => {
    const answer = await world.app.inject({ method: 'GET', url: '/inbox', headers: { ...followed, ...headers } });
    expect(answer.statusCode).toBe(403);
  });

  it.each([
    ['POST', `/v1/approvals/${nonceOf(1)}/votes`],
    ['POST', '/v1/inbox/session'],
    ['DELETE', '/v1/inbox/session'],
    ['POST', '/inbox'],
  ] as const)('a form of another site changes nothing: %s %s', async (method, url) => {
    const cookie = await session();
    const headers = { ...followed, cookie, 'content-type': 'application/json' };
    for (const origin of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}]) {
      const answer = await world.app.inject({ method, url, headers: { ...headers, ...origin }, payload: '{}' });
      expect(answer.statusCode).toBe(403);
    }
    expect(await votes()).toEqual([]);
  });
});
