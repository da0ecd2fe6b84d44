/** Slack users as people: listed, taken away at once, enrolled anew; and that Slack, which waits three seconds, is never kept waiting. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actionIds, answerCallback } from '../../../gateway/slack/messages.ts';
import { standingKeys } from '../../../gateway/credentials.ts';
import { enrolmentCode, enrolSlackUser, type SlackUser } from '../../../gateway/slack/identity.ts';
import type { AskRow } from '../../../store/store.ts';
import type { SlackServer } from '../../support/slack-server.ts';
import { signedBySlack } from '../../support/slack-server.ts';
import { audience, type CallOptions, type World } from './gateway-world.ts';
import { deliverAsSlack, signingSecret, slackTeam, startSlackWorld, stopSlackWorld } from './slack-world.ts';

const [secret, team] = [signingSecret, slackTeam];
const bob: SlackUser = { enterpriseId: null, teamId: team, userId: 'U0BOB' };
let slack: SlackServer;
let world: World;
let bobsKey: string;
let admin: string;
let ask: AskRow;

beforeEach(async () => {
  ({ slack, world } = await startSlackWorld());
  bobsKey = await world.key('bob');
  admin = await world.key('root');
  ask = await world.ask(1);
});
afterEach(() => stopSlackWorld({ slack, world }));

const deliver = async (payload: object) => await deliverAsSlack(world, payload);

const of = { user: { id: bob.userId, team_id: team }, enterprise: null };
const click = () => ({
  type: 'block_actions',
  ...of,
  trigger_id: 'trigger',
  channel: { id: 'C0001' },
  actions: [{ action_id: actionIds.approve, value: ask.nonce }],
});

async function send(): Promise<string> {
  if (ask.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  const { cardDigest } = ask.ask.body.ask;
  const private_metadata = JSON.stringify({ nonce: ask.nonce, cardDigest, verdict: 'approve' });
  const view = { callback_id: answerCallback, private_metadata, state: { values: {} } };
  return (await deliver({ type: 'view_submission', ...of, view })).text;
}

async function enrol(key = bobsKey, user = bob): Promise<number> {
  const body = { code: enrolmentCode(secret, user, world.clock.at), userId: user.userId };
  return (await world.call('POST', '/v1/slack/enrolments', { key, body })).status;
}

async function identities(key = admin) {
  return (await world.call('GET', '/v1/slack/identities', { key })).body['identities'];
}

async function remove(query = '', options: CallOptions = { key: admin }): Promise<number> {
  return (await world.call('DELETE', `/v1/slack/identities/${team}/${bob.userId}${query}`, options)).status;
}

describe('an identity', () => {
  it('is listed with its person and key, and says when that key does not stand any more', async () => {
    expect(await identities()).toEqual([]);
    await enrol();
    const keyId = bobsKey.slice(3, 15);
    expect(await identities()).toEqual([{ ...bob, principal: 'bob', keyId, stands: true }]);
    await world.call('DELETE', `/v1/keys/${keyId}`, { key: admin });
    expect(await identities()).toMatchObject([{ principal: 'bob', stands: false }]);
  });

  it('that is removed answers nothing from the next click on, and may be somebody else’s then', async () => {
    await enrol();
    const cat = await world.key('cat');
    expect(await enrol(cat)).toBe(409);
    expect(await remove()).toBe(204);
    expect(await identities()).toEqual([]);
    expect(await send()).toContain('does not know who you are');
    expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
    expect(await remove()).toBe(404);
    expect(await enrol(cat)).toBe(200);
    await send();
    expect((await world.store.votesByNonce(ask.nonce)).map(({ vote }) => vote.body.principal)).toEqual(['cat']);
  });

  it('of the same id in an enterprise is another one', async () => {
    const there = { ...bob, enterpriseId: 'E0001' };
    await enrol();
    await enrol(await world.key('cat'), there);
    expect(await remove('?enterpriseId=E0001')).toBe(204);
    expect(await identities()).toMatchObject([{ enterpriseId: null, principal: 'bob' }]);
  });

  it('whose key may only read answers nothing, and is told so', async () => {
    const reader = await world.key('rae', { scopes: ['approvals:read'] });
    // The enrolment itself asks for the right to vote; a record of one that did not must give none.
    expect(await enrol(reader)).toBe(403);
    const { store, keys, clock } = world;
    const gateway = { store, keys, clock, audience };
    const key = (await standingKeys(gateway)).get(reader.slice(3, 15));
    if (!key) throw new TypeError('no key');
    await enrolSlackUser(gateway, { ...key, via: 'key' }, bob);
    expect(await send()).toContain('Your key may not vote');
    expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
  });

  it('is listed and removed by nobody without control:write, and the record says who did', async () => {
    await enrol();
    const voter = await world.key('eve', { scopes: ['approvals:read', 'approvals:vote'] });
    expect(await identities(voter)).toBeUndefined();
    expect(await remove('', { key: voter })).toBe(403);
    expect(await remove('', {})).toBe(401);
    await remove();
    const [removal] = await world.store.listControl(['slack-identity-removal']);
    expect(removal?.body).toMatchObject({ ...bob, by: 'root' });
  });
});

describe('Slack, which waits three seconds', () => {
  beforeEach(async () => void (await enrol()));

  it('has its click answered while its own API has not answered yet', async () => {
    const held = Promise.withResolvers<undefined>();
    slack.held.set('views.open', held.promise);
    expect((await deliver(click())).status).toBe(200);
    await expect.poll(() => slack.of('views.open').length).toBe(1);
    held.resolve(undefined);
  });

  it('has its form answered when no worker says what became of the vote', async () => {
    const waits: number[] = [];
    world.door.voteStatus = (_workflowId?: string, _digest?: string, withinMs = 0) => {
      waits.push(withinMs);
      return Promise.reject(new Error('no worker answered in time'));
    };
    expect(await send()).toContain('is recorded');
    expect(waits.length).toBeGreaterThan(0);
    // With what a vote takes to be stored and signalled there is time left.
    expect(Math.max(...waits)).toBeLessThanOrEqual(1500);
    expect(await world.store.votesByNonce(ask.nonce)).toHaveLength(1);
  });
});

it('a request that Slack did not sign is refused, and recorded', async () => {
  const body = new URLSearchParams({ payload: JSON.stringify(click()) }).toString();
  const headers = { ...signedBySlack(secret, body, world.clock.at), 'x-slack-signature': `v0=${'0'.repeat(64)}` };
  const answer = await world.app.inject({ method: 'POST', url: '/v1/slack/interactions', headers, payload: body });
  expect(answer.statusCode).toBe(401);
  const { refusals } = (await world.call('GET', '/v1/refusals', { key: admin })).body as { refusals: object[] };
  expect(refusals).toMatchObject([{ route: 'POST /v1/slack/interactions', keyId: null, code: 'unauthenticated' }]);
});

describe('what is refused to somebody in Slack, who is told so and by whom Slack hears nothing', () => {
  const recorded = async () => {
    const { refusals } = (await world.call('GET', '/v1/refusals', { key: admin })).body as { refusals: object[] };
    return refusals;
  };
  async function clicked(): Promise<void> {
    const before = slack.of('chat.postEphemeral').length;
    await deliver(click());
    await expect.poll(() => slack.of('chat.postEphemeral').length).toBeGreaterThan(before);
  }
  const route = 'POST /v1/slack/interactions';

  it('is recorded of whom nobody knows', async () => {
    await clicked();
    await send();
    expect(await recorded()).toMatchObject([{ route, keyId: null, about: '', code: 'unauthenticated', attempts: 2 }]);
  });

  it('is recorded with key and request of whoever may not answer it', async () => {
    const guest = await world.key('guest', { roles: [] });
    await enrol(guest);
    await clicked();
    await send();
    const keyId = guest.slice(3, 15);
    expect(await recorded()).toMatchObject([{ route, keyId, about: ask.nonce, code: 'forbidden', attempts: 2 }]);
  });

  it('is recorded of a key that may not vote any more', async () => {
    await enrol();
    await world.call('DELETE', `/v1/keys/${bobsKey.slice(3, 15)}`, { key: admin });
    await send();
    expect(await recorded()).toMatchObject([{ route, keyId: null, code: 'unauthenticated', attempts: 1 }]);
  });
});

it('an answer from Slack is a use of the key behind it', async () => {
  await enrol();
  world.clock.at += 5000;
  const usedAt = world.clock.at;
  await send();
  world.clock.at += 5000;
  const { keys } = (await world.call('GET', '/v1/keys', { key: admin })).body as {
    keys: { keyId: string; lastUsedAt: number | null }[];
  };
  expect(keys.find(({ keyId }) => keyId === bobsKey.slice(3, 15))?.lastUsedAt).toBe(usedAt);
});
