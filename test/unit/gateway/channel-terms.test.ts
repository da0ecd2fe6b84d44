/** The terms of approvals where people answer by a session or by Slack: channel, confirmation, and whose credential it is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeKey } from '../../../gateway/make-key.ts';
import { enrolKey } from '../../../gateway/mint-api-key.ts';
import { enrolmentCode } from '../../../gateway/slack/identity.ts';
import { actionIds, confirmBlock, inputAction } from '../../../gateway/slack/messages.ts';
import type { AskRow } from '../../../store/store.ts';
import { SlackServer, signedBySlack } from '../../support/slack-server.ts';
import { type Answer, type AskChanges, startWorld, type World } from './gateway-world.ts';

const secret = ['8f742231b10e', '8888abcd99yy', 'yzzz85a5'].join('');
const host = '127.0.0.1:7420';
const ownPage = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
const user = { id: 'U0BOB', team_id: 'T0001' };
let slack: SlackServer;
let world: World;
let bob: string;

beforeEach(async () => {
  slack = new SlackServer(['xoxb', 'of', 'a', 'test'].join('-'));
  await slack.start();
  const { token: botToken, url: apiUrl } = slack;
  const options = { signingSecret: secret, botToken, teamId: user.team_id, channel: 'C0001', apiUrl };
  world = await startWorld({ gateway: { slack: options, publicUrl: `http://${host}` } });
  bob = await world.key('bob');
});
afterEach(async () => {
  await world.close();
  await slack.stop();
});

async function session(key = bob): Promise<string> {
  const made = await world.call('POST', '/v1/inbox/sign-in-links', { key, headers: { host } });
  const token = String(made.body['url']).split('#sign-in=')[1];
  const opened = await world.call('POST', '/v1/inbox/session', { body: { token }, headers: ownPage });
  return String(opened.headers['set-cookie']).split(';', 1)[0] ?? '';
}

async function byPage(cookie: string, row: AskRow, body: object, what = 'votes'): Promise<Answer> {
  const headers = { ...ownPage, cookie };
  return await world.call('POST', `/v1/approvals/${row.nonce}/${what}`, { body, headers });
}

function approvalOf(row: AskRow, more: object = {}) {
  if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  return { verdict: 'approve', cardDigest: row.ask.body.ask.cardDigest, ...more };
}

async function votes({ nonce }: AskRow) {
  return (await world.store.votesByNonce(nonce)).map(({ vote: { body } }) => body);
}

async function withTerms(terms: AskChanges['terms']): Promise<AskRow> {
  return await world.ask(1, { terms });
}

describe('a session of the inbox', () => {
  it.each(['terminal', 'api'])(
    'does not choose its channel: what is not for the web is refused also as %s',
    async (channel) => {
      const row = await withTerms({ channels: { web: 'none' } });
      const answer = await byPage(await session(), row, approvalOf(row, { channel }));
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(await votes(row)).toEqual([]);
    },
  );

  it('confirms by the target, and not by the word of the terminal', async () => {
    const row = await withTerms({ stepUpFrom: 'low' });
    const cookie = await session();
    for (const more of [{}, { confirmation: 'yes', channel: 'terminal' }]) {
      expect((await byPage(cookie, row, approvalOf(row, more))).status).toBe(422);
    }
    expect(await votes(row)).toEqual([]);
    const view = await world.call('GET', `/v1/approvals/${row.nonce}`, { headers: { ...ownPage, cookie } });
    const { confirmation } = view.body['approvers'] as { confirmation: string };
    expect((await byPage(cookie, row, approvalOf(row, { confirmation }))).status).toBe(200);
    expect(await votes(row)).toMatchObject([{ channel: 'web', authenticated: { stepUp: 'typed-target' } }]);
  });

  it('of a key that somebody else made does not vote', async () => {
    const row = await withTerms({});
    const made = await world.key('cat', { mintedBy: 'root' });
    expect(await byPage(await session(made), row, approvalOf(row))).toMatchObject({ status: 403 });
    expect(await votes(row)).toEqual([]);
  });

  it('of a key whose secret its bearer made votes, but not for whoever enrolled it', async () => {
    const own = await session(await ownKey('cat', 'root'));
    const row = await withTerms({});
    expect((await byPage(own, row, approvalOf(row))).status).toBe(200);
    const ofRoot = await world.ask(2, { ticket: { principal: 'root' } });
    expect((await byPage(own, ofRoot, approvalOf(ofRoot))).status).toBe(403);
  });

  it('takes back an approval of its person, from the web', async () => {
    const row = await withTerms({});
    const cookie = await session();
    await byPage(cookie, row, approvalOf(row));
    expect((await byPage(cookie, row, { channel: 'terminal' }, 'withdrawals')).status).toBe(200);
    expect(await votes(row)).toMatchObject([
      { verdict: 'approve' },
      { verdict: 'withdraw', channel: 'web', authenticated: { via: expect.stringMatching(/^session:/) as unknown } },
    ]);
    const view = await world.call('GET', `/v1/approvals/${row.nonce}`, { key: bob });
    expect(view.body['text']).toContain('0 of 1');
  });
});

it('a key does not say that it is the web', async () => {
  const row = await withTerms({ channels: { api: 'none', terminal: 'none' } });
  const body = approvalOf(row, { channel: 'web' });
  expect((await world.call('POST', `/v1/approvals/${row.nonce}/votes`, { key: bob, body })).status).toBe(400);
  expect(await votes(row)).toEqual([]);
});

describe('an answer from Slack', () => {
  it('is not an approval where its terms keep this risk from Slack, and is a denial', async () => {
    await enrol();
    const row = await withTerms({ channels: { slack: 'none' } });
    await click(row);
    expect(slack.of('views.open')).toHaveLength(0);
    expect(JSON.stringify(slack.of('chat.postEphemeral').at(-1)?.body)).toContain('cannot be approved through');
    await send(row, 'approve');
    expect(await votes(row)).toEqual([]);
    await send(row, 'deny');
    expect(await votes(row)).toMatchObject([{ verdict: 'deny', channel: 'slack' }]);
  });

  it('is confirmed afresh where its terms say so, whatever the risk', async () => {
    await enrol();
    const row = await withTerms({ stepUpFrom: 'low' });
    const { tool } = JSON.parse(row.card) as { tool: string };
    await click(row);
    expect(JSON.stringify(slack.of('views.open').at(-1)?.body)).toContain(`Type ${tool}`);
    for (const inputs of [undefined, { [confirmBlock]: 'yes' }])
      expect(await send(row, 'approve', inputs)).toContain(confirmBlock);
    expect(await votes(row)).toEqual([]);
    await send(row, 'approve', { [confirmBlock]: tool });
    expect(await votes(row)).toMatchObject([{ channel: 'slack', authenticated: { stepUp: 'typed-target' } }]);
  });

  it('does not count by a key that somebody else made', async () => {
    await enrol(await world.key('cat', { mintedBy: 'root' }));
    const row = await withTerms({});
    await click(row);
    expect(slack.of('views.open')).toHaveLength(0);
    await send(row, 'approve');
    expect(await votes(row)).toEqual([]);
  });

  it('is never anything but a yes or a no', async () => {
    await enrol();
    const row = await withTerms({});
    expect(await send(row, 'withdraw')).toContain('none of ours');
    expect(await votes(row)).toEqual([]);
  });
});

/** Its secret is the bearer's alone. */
async function ownKey(principal: string, mintedBy: string): Promise<string> {
  const { apiKey, keyId, secretHash } = makeKey();
  const order = {
    principal,
    roles: ['operator'],
    person: true,
    scopes: ['approvals:read' as const, 'approvals:vote' as const],
    expiresAt: world.clock.at + 3_600_000,
    mintedBy,
  };
  await enrolKey(world.options, order, { keyId, secretHash });
  return apiKey;
}

let deliveries = 0;

async function deliver(payload: object): Promise<string> {
  deliveries += 1;
  const body = new URLSearchParams({ payload: JSON.stringify(payload), n: String(deliveries) }).toString();
  const headers = signedBySlack(secret, body, world.clock.at);
  const answer = await world.app.inject({ method: 'POST', url: '/v1/slack/interactions', headers, payload: body });
  expect(answer.statusCode).toBe(200);
  return answer.payload;
}

async function click({ nonce }: AskRow): Promise<void> {
  const before = slack.calls.length;
  await deliver({
    type: 'block_actions',
    user,
    enterprise: null,
    trigger_id: `trigger-${deliveries}`,
    channel: { id: 'C0001' },
    actions: [{ action_id: actionIds.approve, value: nonce }],
  });
  await expect.poll(() => slack.calls.length).toBeGreaterThan(before);
}

async function send(row: AskRow, verdict: string, inputs: Record<string, string> = {}): Promise<string> {
  const typed = Object.entries(inputs).map(([block, value]) => [block, { [inputAction]: { value } }] as const);
  const { cardDigest } = approvalOf(row);
  return await deliver({
    type: 'view_submission',
    user,
    enterprise: null,
    view: {
      callback_id: 'countersign-answer',
      private_metadata: JSON.stringify({ nonce: row.nonce, cardDigest, verdict }),
      state: { values: Object.fromEntries(typed) },
    },
  });
}

/** As a person does: the link that only they see, opened signed in, with the member id typed. */
async function enrol(key = bob): Promise<void> {
  const slackUser = { enterpriseId: null, teamId: user.team_id, userId: user.id };
  const code = enrolmentCode(secret, slackUser, world.clock.at);
  const body = { code, userId: user.id };
  expect((await world.call('POST', '/v1/slack/enrolments', { key, body })).status).toBe(200);
}
