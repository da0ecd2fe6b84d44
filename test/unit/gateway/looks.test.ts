/** Who looked at a request: noted for people, with where from and how they were authenticated, and never in anybody's way. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Look } from '../../../core/contracts/look.ts';
import type { AskRow } from '../../../store/store.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let bob: string;
let ask: AskRow;
beforeEach(async () => {
  world = await startWorld();
  bob = await world.key('bob');
  ask = await world.ask(1);
});
afterEach(() => world.close());

const path = () => `/v1/approvals/${ask.nonce}`;
const looks = async (): Promise<Look[]> => await world.store.looksOf(ask.nonce);
function cardDigest(): string {
  if (ask.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  return ask.ask.body.ask.cardDigest;
}

it('is noted with card, channel, key and times, and shown with the request', async () => {
  const firstAt = world.clock.at;
  await world.call('GET', path(), { key: bob });
  world.clock.at += 500;
  const { body } = await world.call('GET', path(), { key: bob });
  const [keyId] = bob.slice('cs_'.length).split('_');
  const look = { principal: 'bob', channel: 'api', cardDigest: cardDigest(), firstAt, lastAt: firstAt + 500, times: 2 };
  expect(body['looked']).toEqual([{ ...look, authenticated: `api-key ${keyId}` }]);
  expect(await looks()).toEqual([
    { nonce: ask.nonce, ...look, authenticated: { method: 'api-key', credentialId: keyId } },
  ]);
});

it('from a terminal is noted as that, and beside a look from elsewhere', async () => {
  await world.call('GET', `${path()}?channel=terminal`, { key: bob });
  world.clock.at += 1;
  await world.call('GET', path(), { key: await world.key('carol') });
  expect((await looks()).map(({ principal, channel }) => [principal, channel])).toEqual([
    ['bob', 'terminal'],
    ['carol', 'api'],
  ]);
});

it('with a session came from the page, whatever the request says', async () => {
  const host = '127.0.0.1:7420';
  const ownPage = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
  const { body: link } = await world.call('POST', '/v1/inbox/sign-in-links', { key: bob, headers: { host } });
  const token = new URL(String(link['url'])).hash.slice('#sign-in='.length);
  const opened = await world.call('POST', '/v1/inbox/session', { body: { token }, headers: ownPage });
  const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? '';
  await world.call('GET', `${path()}?channel=terminal`, { headers: { ...ownPage, cookie } });
  const [look] = await looks();
  expect(look).toMatchObject({ principal: 'bob', channel: 'web' });
  expect(look?.authenticated.via).toMatch(/^session:/);
});

it('cannot be said to have been in Slack or on the page by a key', async () => {
  for (const channel of ['slack', 'web', 'webhook']) {
    expect((await world.call('GET', `${path()}?channel=${channel}`, { key: bob })).status).toBe(400);
  }
  expect(await looks()).toEqual([]);
});

it('of a service account, of a list, or of headers alone is nobody’s', async () => {
  await world.call('GET', path(), { key: await world.key('robot', { person: false }) });
  await world.call('GET', '/v1/approvals', { key: bob });
  await world.app.inject({ method: 'HEAD', url: path(), headers: { authorization: `Bearer ${bob}` } });
  expect(await looks()).toEqual([]);
});

it('that cannot be noted is logged, shown all the same, and keeps nobody from answering', async () => {
  world.store.noteLook = async () => await Promise.reject(new Error('disk full'));
  const { status, body } = await world.call('GET', path(), { key: bob });
  expect([status, body['looked']]).toEqual([200, []]);
  expect(world.log.join('')).toContain('who looked at a request was not recorded');
  const vote = { verdict: 'approve', cardDigest: cardDigest() };
  expect((await world.call('POST', `${path()}/votes`, { key: bob, body: vote })).status).toBeLessThan(300);
});
