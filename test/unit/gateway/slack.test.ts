/** Slack from outside: what its servers would send, signed, and what it is sent; who may answer, and what a click is worth. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actionIds, confirmBlock, inputAction, reasonBlock } from '../../../gateway/slack/messages.ts';
import { keepNotices } from '../../../gateway/notices/keep-notices.ts';
import { createSlackApi } from '../../../gateway/slack/slack-api.ts';
import { createSlackChannel } from '../../../gateway/slack/slack-channel.ts';
import { whyNotSlack } from '../../../gateway/slack/signature.ts';
import { contextOf, type GatewayContext } from '../../../gateway/options.ts';
import { digestJson } from '../../../core/digest.ts';
import { canonicalJson } from '../../../core/canonical-json.ts';
import type { AskRow } from '../../../store/store.ts';
import { nonceOf } from '../../support/signed-objects.ts';
import type { SlackServer } from '../../support/slack-server.ts';
import { signedBySlack } from '../../support/slack-server.ts';
import { type AskChanges, startWorld, type World } from './gateway-world.ts';
import { deliverAsSlack, signingSecret, slackTeam, startSlackWorld, stopSlackWorld } from './slack-world.ts';

const [secret, team] = [signingSecret, slackTeam];
const ann = { id: 'U0ANN', team_id: team };
const bob = { id: 'U0BOB', team_id: team };
let slack: SlackServer;
let world: World;
let context: GatewayContext;
let bobsKey: string;
let ask: AskRow;

beforeEach(async () => {
  ({ slack, world } = await startSlackWorld());
  context = contextOf(world.options);
  bobsKey = await world.key('bob');
  ask = await world.ask(1);
});
afterEach(() => stopSlackWorld({ slack, world }));

const deliver = async (payload: unknown, changes?: Parameters<typeof deliverAsSlack>[2]) =>
  await deliverAsSlack(world, payload, changes);

function clickOf(user: typeof bob, action: keyof typeof actionIds = 'approve', row = ask, more: object = {}) {
  return {
    type: 'block_actions',
    user,
    team: { id: team },
    enterprise: null,
    trigger_id: 'trigger',
    channel: { id: 'C0001' },
    response_url: 'http://169.254.169.254/latest/meta-data/',
    actions: [{ action_id: actionIds[action], value: row.nonce, block_id: 'x' }],
    ...more,
  };
}

function sentOf(
  user: typeof bob,
  verdict = 'approve',
  inputs: Record<string, string> = {},
  row = ask,
  more: object = {},
) {
  const values = Object.fromEntries(
    Object.entries(inputs).map(([block, value]) => [block, { [inputAction]: { value } }]),
  );
  const metadata = { nonce: row.nonce, cardDigest: cardDigestOf(row), verdict, ...more };
  return {
    type: 'view_submission',
    user,
    team: { id: team },
    enterprise: null,
    view: { callback_id: 'countersign-answer', private_metadata: JSON.stringify(metadata), state: { values } },
  };
}

function cardDigestOf(row: AskRow): string {
  if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  return row.ask.body.ask.cardDigest;
}

async function click(...parameters: Parameters<typeof clickOf>): Promise<void> {
  const before = slack.calls.length;
  expect((await deliver(clickOf(...parameters))).status).toBe(200);
  await expect.poll(() => slack.calls.length).toBeGreaterThan(before);
}

async function send(...parameters: Parameters<typeof sentOf>): Promise<string> {
  return (await deliver(sentOf(...parameters))).text;
}

/** As a person does: click, take the link that only they see, sign in, type the member id. */
async function enrol(user = bob, key = bobsKey, typed = user.id): Promise<number> {
  await click(user);
  const code = new URL(linkIn(slack.of('chat.postEphemeral').at(-1)?.body)).searchParams.get('slack');
  const body = { code, userId: typed };
  return (await world.call('POST', '/v1/slack/enrolments', { key, body })).status;
}

function linkIn(body: unknown): string {
  return /https:\/\/cs\.example\/inbox\?slack=[^"\\]+/.exec(JSON.stringify(body))?.[0] ?? 'https://none.example';
}

async function votes() {
  return (await world.store.votesByNonce(ask.nonce)).map(({ vote: { body } }) => body);
}

describe('the signature', () => {
  it('of Slack’s published example verifies', () => {
    const hook = ['https%3A%2F%2Fhooks.slack.com', 'commands', 'T1DC2JH3J', '397700885554', '96rGlfmibIGlgcZRskXaIFfN'];
    const token = ['xyzz0Wbap', 'A4vBCDEF', 'asx0q6G'].join('');
    const body = `token=${token}&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=${hook.join('%2F')}&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c`;
    const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
    const headers = { timestamp: '1531420618', signature };
    const now = 1_531_420_618_000;
    expect(whyNotSlack(secret, headers, Buffer.from(body), now)).toBeUndefined();
    expect(whyNotSlack(secret, headers, Buffer.from(`${body}&`), now)).toBe('its signature is another one');
    expect(whyNotSlack(secret, headers, Buffer.from(body), now + 300_000)).toBeUndefined();
    expect(whyNotSlack(secret, headers, Buffer.from(body), now + 300_001)).toContain('five minutes');
    expect(whyNotSlack(secret, headers, Buffer.from(body), now - 300_001)).toContain('five minutes');
  });

  it.each([
    ['none', { 'x-slack-signature': '' }],
    ['another', { 'x-slack-signature': `v0=${'0'.repeat(64)}` }],
    ['another version', { 'x-slack-signature': `v1=${'0'.repeat(64)}` }],
    ['no time', { 'x-slack-request-timestamp': '' }],
    ['a time that is none', { 'x-slack-request-timestamp': '1e9' }],
  ])('is needed: %s', async (_, headers) => {
    await enrol();
    expect((await deliver(sentOf(bob), { headers })).status).toBe(401);
    expect(await votes()).toEqual([]);
  });

  it('is over the bytes that came: the same form written otherwise is refused', async () => {
    await enrol();
    const { body } = await deliver(clickOf(bob));
    const headers = signedBySlack(secret, body, world.clock.at);
    const other = `${body}&x=1`;
    const answer = await world.app.inject({ method: 'POST', url: '/v1/slack/interactions', headers, payload: other });
    expect(answer.statusCode).toBe(401);
  });

  it('ends after five minutes, and a JSON body is not taken at all', async () => {
    expect((await deliver(sentOf(bob), { at: world.clock.at - 301_000 })).status).toBe(401);
    expect((await deliver(sentOf(bob), { headers: { 'content-type': 'application/json' } })).status).not.toBe(200);
  });
});

describe('who a Slack user is', () => {
  it('is said once, signed in, and the click then opens a modal', async () => {
    expect(await enrol()).toBe(200);
    await click(bob);
    const [opened] = slack.of('views.open');
    const view = opened?.body['view'] as { private_metadata: string };
    expect(JSON.parse(view.private_metadata)).toEqual({
      nonce: ask.nonce,
      cardDigest: cardDigestOf(ask),
      verdict: 'approve',
    });
    expect(JSON.stringify(view)).toContain('Run restart_service on test');
    expect(await votes()).toEqual([]);
  });

  it('is unknown until then, and only they are told', async () => {
    await click(ann);
    expect(slack.of('views.open')).toEqual([]);
    expect(slack.of('chat.postEphemeral')).toMatchObject([{ body: { user: ann.id, channel: 'C0001' } }]);
    expect(await send(ann)).toContain('does not know who you are');
    expect(await votes()).toEqual([]);
  });

  it('cannot be somebody of another workspace, even with an enrolled user id', async () => {
    await enrol();
    const stranger = { id: bob.id, team_id: 'T0666' };
    await click(stranger);
    expect(JSON.stringify(slack.of('chat.postEphemeral').at(-1))).toContain('another workspace');
    expect(await send(stranger)).toContain('another workspace');
    expect(await send(bob, 'approve', {}, ask)).toContain('counted');
    expect(await votes()).toHaveLength(1);
  });

  it('is not the same in another enterprise', async () => {
    await enrol();
    const answer = await deliver({ ...sentOf(bob), enterprise: { id: 'E0001' } });
    expect(answer.text).toContain('does not know who you are');
  });

  it('is not taken over with a link that somebody else sent: the member id has to be typed', async () => {
    expect(await enrol(ann, bobsKey, bob.id)).toBe(400);
    expect(await send(ann)).toContain('does not know who you are');
  });

  it('stays one person until removed, and a link ends', async () => {
    expect(await enrol()).toBe(200);
    const carol = await world.key('carol');
    await world.call('DELETE', `/v1/keys/${bobsKey.split('_')[1] ?? ''}`, { key: await world.key('admin') });
    expect(await enrol(bob, carol)).toBe(409);
    await click(ann);
    const code = new URL(linkIn(slack.of('chat.postEphemeral').at(-1)?.body)).searchParams.get('slack');
    world.clock.at += 600_001;
    const late = await world.call('POST', '/v1/slack/enrolments', { key: carol, body: { code, userId: ann.id } });
    expect(late.status).toBe(401);
  });

  it('ends with the key that enrolled it', async () => {
    await enrol();
    await world.call('DELETE', `/v1/keys/${bobsKey.split('_')[1] ?? ''}`, { key: await world.key('admin') });
    expect(await send(bob)).toContain('does not know who you are');
    expect(await votes()).toEqual([]);
  });
});

describe('an answer', () => {
  beforeEach(() => enrol());

  it('is a vote of that person, from slack, by that user', async () => {
    expect(await send(bob, 'approve', { [reasonBlock]: 'looked at it' })).toContain('counted');
    expect(await votes()).toMatchObject([
      {
        principal: 'bob',
        verdict: 'approve',
        channel: 'slack',
        reason: 'looked at it',
        authenticated: { via: `slack:-:${team}:${bob.id}` },
      },
    ]);
  });

  it('is taken once: a repeated delivery in the same bytes does nothing', async () => {
    const first = await deliver(sentOf(bob));
    const again = await deliver(undefined, { body: first.body, headers: { 'x-slack-retry-num': '1' } });
    expect(again).toMatchObject({ status: 200, text: '' });
    expect(world.door.signals).toHaveLength(1);
  });

  it('to a card that is not the one shown is refused', async () => {
    expect(await send(bob, 'approve', {}, ask, { cardDigest: digestJson('card', 'another') })).toContain('another one');
    expect(await votes()).toEqual([]);
  });

  it('to something that is critical needs the tool’s name typed', async () => {
    const critical = await world.ask(2, { card: { risk: 'critical' } });
    expect(await send(bob, 'approve', {}, critical)).toContain('"response_action":"errors"');
    expect(await send(bob, 'approve', { [confirmBlock]: 'restart' }, critical)).toContain('errors');
    expect(await world.store.votesByNonce(critical.nonce)).toEqual([]);
    expect(await send(bob, 'approve', { [confirmBlock]: 'restart_service' }, critical)).toContain('counted');
  });

  it.each<[string, AskChanges, string]>([
    ['of the requester', { ticket: { principal: 'bob' }, card: { requester: 'bob' } }, 'requester'],
    ['of somebody without the role', { terms: { approvers: { roles: ['lead'], principals: [] } } }, 'not an approver'],
  ])('%s is refused, and they are told why', async (_, changes, why) => {
    const other = await world.ask(3, changes);
    await click(bob, 'approve', other);
    expect(slack.of('views.open')).toEqual([]);
    expect(JSON.stringify(slack.of('chat.postEphemeral').at(-1)?.body)).toContain(why);
    expect(await send(bob, 'approve', {}, other)).toContain('Cannot answer');
    expect(await world.store.votesByNonce(other.nonce)).toEqual([]);
  });

  it('cannot approve what Slack cannot show whole, and can deny it', async () => {
    const text = canonicalJson({ text: 'word '.repeat(800) });
    const long = await world.ask(4, { card: { arguments: text } });
    await click(bob, 'approve', long);
    expect(JSON.stringify(slack.of('chat.postEphemeral').at(-1)?.body)).toContain('too long for slack');
    expect(await send(bob, 'approve', {}, long)).toContain('too long for slack');
    expect(await send(bob, 'deny', {}, long)).toContain('counted');
  });

  it('a click alone votes for nothing, and no address in it is asked', async () => {
    await click(bob, 'deny');
    expect(slack.of('views.open')).toHaveLength(1);
    expect(await votes()).toEqual([]);
  });
});

describe('the message of a request', () => {
  function keeper() {
    const api = createSlackApi({ botToken: slack.token, apiUrl: slack.url, channel: 'C0001' });
    const channel = createSlackChannel(api, (nonce) => `https://cs.example/inbox?approval=${nonce}`);
    return { look: async () => await keepNotices(context, channel) };
  }

  it('is posted once, by whichever gateway looks', async () => {
    await Promise.all([keeper().look(), keeper().look()]);
    await keeper().look();
    const [posted, ...more] = slack.of('chat.postMessage');
    expect(more).toEqual([]);
    expect(posted?.body).toMatchObject({ channel: 'C0001', parse: 'none' });
    const blocks = JSON.stringify(posted?.body['blocks']);
    expect(blocks).toContain(nonceOf(1));
    expect(blocks).toContain('"style":"primary"');
  });

  it('waits as long as Slack says, and posts then', async () => {
    slack.scripted.set('chat.postMessage', [
      { status: 429, headers: { 'retry-after': '30' }, body: { ok: false, error: 'ratelimited' } },
    ]);
    await keeper().look();
    expect(await world.store.noticesOf(ask.nonce)).toMatchObject([{ state: 'waiting', attempts: 1 }]);
    world.clock.at += 29_999;
    expect(await keeper().look()).toBe(0);
    world.clock.at += 1;
    await keeper().look();
    expect(await world.store.noticesOf(ask.nonce)).toMatchObject([{ state: 'told', problem: null }]);
  });

  it('that Slack refuses for good is given up, kept with the reason, and keeps nobody from answering', async () => {
    slack.scripted.set('chat.postMessage', [{ body: { ok: false, error: 'invalid_auth' } }]);
    await keeper().look();
    expect(await world.store.noticesOf(ask.nonce)).toMatchObject([
      { state: 'gave-up', problem: 'Slack answered invalid_auth' },
    ]);
    const errors = world.log.filter((line) => line.includes('"level":50') && line.includes('invalid_auth'));
    expect(errors).toHaveLength(1);
    expect(world.log.join('')).not.toContain(slack.token);
    const body = { verdict: 'approve', cardDigest: cardDigestOf(ask) };
    expect((await world.call('POST', `/v1/approvals/${ask.nonce}/votes`, { key: bobsKey, body })).status).toBe(200);
  });

  it('is tried again after a fault, also by another gateway', async () => {
    slack.scripted.set('chat.postMessage', [{ status: 500, body: {} }]);
    await keeper().look();
    world.clock.at += 60_000 - 1000;
    const open = await world.ask(5, { deadlineAt: world.clock.at + 600_000 });
    await keeper().look();
    expect(await world.store.noticesOf(open.nonce)).toMatchObject([{ state: 'told' }]);
  });

  it('gets a reminder in its thread, once, and then the outcome with who and when, without buttons', async () => {
    await keeper().look();
    world.clock.at += 40_000;
    await keeper().look();
    await keeper().look();
    const [, reminder, ...more] = slack.of('chat.postMessage');
    expect(more).toEqual([]);
    expect(reminder?.body).toMatchObject({ thread_ts: '1800000000.000001' });
    const body = { verdict: 'deny', cardDigest: cardDigestOf(ask) };
    await world.call('POST', `/v1/approvals/${ask.nonce}/votes`, { key: bobsKey, body });
    world.clock.at = ask.deadlineAt + 15_001;
    await keeper().look();
    const [updated] = slack.of('chat.update');
    const text = JSON.stringify(updated?.body);
    expect(updated?.body).toMatchObject({ channel: 'C0001', ts: '1800000000.000001' });
    expect(text).toMatch(/Denied by bob at 20\d\d-/);
    expect(text).not.toContain('action_id');
    await keeper().look();
    expect(slack.of('chat.update')).toHaveLength(1);
  });

  it('has no button to approve where Slack cannot show the card whole', async () => {
    const long = await world.ask(6, { card: { arguments: canonicalJson({ text: 'word '.repeat(800) }) } });
    await keeper().look();
    const posted = slack.of('chat.postMessage').map(({ body }) => JSON.stringify(body['blocks']));
    const ofLong = posted.find((blocks) => blocks.includes(long.nonce)) ?? '';
    expect(ofLong).not.toContain('"style":"primary"');
    expect(ofLong).toContain('Cannot be approved from Slack');
  });

  it('has no button to approve where the terms keep the risk from Slack, says which, and can be denied', async () => {
    const kept = await world.ask(7, { terms: { name: 'two-admins', channels: { slack: 'none' } } });
    await keeper().look();
    const posted = slack.of('chat.postMessage').map(({ body }) => JSON.stringify(body['blocks']));
    const ofKept = posted.find((blocks) => blocks.includes(kept.nonce)) ?? '';
    expect(ofKept).not.toContain(actionIds.approve);
    expect(ofKept).toContain(actionIds.deny);
    expect(ofKept).toContain('Cannot be approved from Slack: under terms \\"two-admins\\" risk');
  });

  it('has the button where the risk is one that Slack may approve', async () => {
    const may = await world.ask(8, { terms: { channels: { slack: 'critical' } } });
    await keeper().look();
    const posted = slack.of('chat.postMessage').map(({ body }) => JSON.stringify(body['blocks']));
    expect(posted.find((blocks) => blocks.includes(may.nonce))).toContain(actionIds.approve);
  });
});

it('a gateway without its public address does not speak to Slack', async () => {
  const options = { signingSecret: secret, botToken: 'x', teamId: team, channel: 'C1' };
  await expect(startWorld({ gateway: { slack: options } })).rejects.toMatchObject({ code: 'config-invalid' });
});
