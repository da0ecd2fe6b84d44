/** Telling people when channels fail and time passes: the others say so, reminders come once each, and nothing is decided by it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FailedNotice, NoticeChannel, Reminder } from '../../../gateway/notices/notice-channel.ts';
import { keepNotices } from '../../../gateway/notices/keep-notices.ts';
import { contextOf, type GatewayContext } from '../../../gateway/options.ts';
import { createSlackApi } from '../../../gateway/slack/slack-api.ts';
import { createSlackChannel } from '../../../gateway/slack/slack-channel.ts';
import type { AskRow } from '../../../store/store.ts';
import { SlackServer } from '../../support/slack-server.ts';
import { type AskChanges, startWorld, type World } from './gateway-world.ts';

const token = ['xoxb', 'of', 'a', 'test'].join('-');
let world: World;
let slack: SlackServer;
/** Of the bot, as the gateway was told. */
let botToken = token;
/** What the other channel was told to say. */
const said: { requests: string[]; reminders: Reminder[]; alarms: FailedNotice[]; ends: string[] } = {
  requests: [],
  reminders: [],
  alarms: [],
  ends: [],
};
let isBroken = false;

beforeEach(async () => {
  slack = new SlackServer(token);
  await slack.start();
  world = await startWorld();
  for (const list of Object.values(said)) list.length = 0;
  botToken = token;
  isBroken = false;
});
afterEach(async () => {
  await world.close();
  await slack.stop();
});

const pager: NoticeChannel = {
  name: 'pager',
  reaches: ['whoever is on call'],
  request: ({ row }) =>
    isBroken ? Promise.reject(new Error('no')) : Promise.resolve(`at ${said.requests.push(row.nonce)}`),
  remind: (_ask, _place, reminder) => Promise.resolve(void said.reminders.push(reminder)),
  alarm: (_ask, _place, failed) => Promise.resolve(void said.alarms.push(failed)),
  close: (_ask, _place, { outcome }) => Promise.resolve(void said.ends.push(outcome)),
  failureOf: () => ({ problem: 'the pager is dead', retryAfterMs: null, isFinal: true }),
};

async function look(times = 1): Promise<void> {
  // As another gateway would, each time: nothing is kept between looks but in the store.
  for (let time = 0; time < times; time += 1) {
    const context: GatewayContext = contextOf(world.options);
    const api = createSlackApi({ botToken, apiUrl: slack.url, channel: 'C0001' });
    await keepNotices(
      context,
      createSlackChannel(api, () => 'https://cs.example/inbox'),
    );
    await keepNotices(context, pager);
  }
}

async function asked(changes: AskChanges = {}): Promise<AskRow> {
  return await world.ask(1, { deadlineAt: world.clock.at + 3_600_000, ...changes });
}

async function stateOf({ nonce }: AskRow): Promise<Record<string, string>> {
  return Object.fromEntries((await world.store.noticesOf(nonce)).map(({ channel, state }) => [channel, state]));
}

describe('a channel that can tell nobody', () => {
  it('gives up, and the other says so, once, while the request goes on', async () => {
    botToken = 'xoxb-revoked';
    const ask = await asked();
    await look(4);
    expect(await stateOf(ask)).toEqual({ slack: 'gave-up', pager: 'told' });
    expect(said.alarms).toEqual([{ channel: 'slack', problem: 'Slack answered invalid_auth' }]);
    expect((await world.store.getAsk(ask.nonce))?.outcome).toBeNull();
    expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
  });

  it('is said after five tries that failed, while it is tried on: a deadline does not wait for fifty', async () => {
    const ask = await asked();
    slack.scripted.set(
      'chat.postMessage',
      Array.from({ length: 5 }, () => ({ status: 503, body: {} })),
    );
    const alarms: number[] = [];
    for (let tries = 0; tries < 5; tries += 1) {
      await look(2);
      alarms.push(said.alarms.length);
      world.clock.at += 32_000;
    }
    expect(alarms).toEqual([0, 0, 0, 0, 1]);
    expect(await stateOf(ask)).toEqual({ slack: 'waiting', pager: 'told' });
    await look(2);
    expect(await stateOf(ask)).toEqual({ slack: 'told', pager: 'told' });
    expect(said.alarms).toHaveLength(1);
  });

  it('is shown where the request is, in the list of what was given up, and sent again once it is mended', async () => {
    botToken = 'xoxb-revoked';
    const ask = await asked();
    await look();
    const key = await world.key('bob');
    const view = async () => (await world.call('GET', `/v1/approvals/${ask.nonce}`, { key })).body['untold'];
    expect(await view()).toEqual([{ channel: 'slack', problem: 'Slack answered invalid_auth' }]);
    const listed = await world.call('GET', '/v1/approvals', { key });
    expect(listed.body['approvals']).toMatchObject([{ untold: [{ channel: 'slack' }] }]);
    const givenUp = (await world.call('GET', '/v1/notices', { key })).body['notices'];
    expect(givenUp).toMatchObject([{ nonce: ask.nonce, channel: 'slack', state: 'gave-up' }]);
    const resend = `/v1/notices/${ask.nonce}/slack/resend`;
    expect(
      (await world.call('POST', resend, { key: await world.key('eve', { scopes: ['approvals:read'] }) })).status,
    ).toBe(403);
    botToken = token;
    expect((await world.call('POST', resend, { key })).status).toBe(200);
    expect((await world.call('POST', resend, { key })).status).toBe(409);
    await look();
    expect(await stateOf(ask)).toEqual({ slack: 'told', pager: 'told' });
    expect(await view()).toBeUndefined();
    const all = await world.call('GET', `/v1/notices/${ask.nonce}`, { key });
    expect(all.body['notices']).toMatchObject([{ channel: 'pager' }, { channel: 'slack', attempts: 1 }]);
  });

  it('is on record with why, when the request ends while it is still tried', async () => {
    const ask = await asked();
    slack.scripted.set('chat.postMessage', [{ status: 503, body: {} }]);
    await look();
    world.clock.at = ask.deadlineAt + 16_000;
    await look();
    expect(await stateOf(ask)).toEqual({ slack: 'done', pager: 'done' });
    const problem = 'Slack failed: An HTTP protocol error occurred: statusCode = 503';
    const { body } = await world.call('GET', `/v1/approvals/${ask.nonce}`, { key: await world.key('bob') });
    expect(body['told']).toMatchObject([
      { channel: 'pager', problem: null },
      { channel: 'slack', at: null, problem, moments: [{ moment: 'gave-up', problem, reached: ['C0001'] }] },
    ]);
    expect(slack.of('chat.postMessage')).toHaveLength(1);
  });

  it('is said in the thread in Slack, in our words', async () => {
    isBroken = true;
    const ask = await asked();
    await look(3);
    expect(await stateOf(ask)).toEqual({ slack: 'told', pager: 'gave-up' });
    const [, alarm, ...more] = slack.of('chat.postMessage');
    expect(more).toEqual([]);
    expect(alarm?.body).toMatchObject({ thread_ts: '1800000000.000001' });
    expect(JSON.stringify(alarm?.body)).toContain('Nobody could be told of this by pager (the pager is dead)');
  });

  it('delays no alarm when the channel that would say it fails once', async () => {
    isBroken = true;
    const ask = await asked();
    slack.scripted.set('chat.postMessage', [
      { body: { ok: true, channel: 'C0001', ts: '1800000000.000001' } },
      { status: 429, headers: { 'retry-after': '7' }, body: {} },
    ]);
    await look(2);
    world.clock.at += 6999;
    await look();
    expect(slack.of('chat.postMessage')).toHaveLength(2);
    world.clock.at += 1;
    await look(2);
    expect(slack.of('chat.postMessage')).toHaveLength(3);
    expect((await world.store.noticesOf(ask.nonce)).find(({ channel }) => channel === 'slack')).toMatchObject({
      problem: null,
    });
  });
});

describe('a reminder', () => {
  const minute = 60_000;
  const terms = {
    remindersMs: [5 * minute, 15 * minute],
    escalation: { afterMs: 10 * minute, to: { roles: ['lead'], principals: [] } },
  };

  async function passes(ms: number): Promise<void> {
    world.clock.at += ms;
    await look(2);
  }

  it('comes at the times of the terms and when others may answer, once each, whichever gateway looks', async () => {
    await asked({ terms });
    await look(2);
    const counts: number[] = [];
    for (const ms of [5 * minute - 2000, 1000, 4 * minute, minute, 5 * minute, 20 * minute]) {
      await passes(ms);
      counts.push(said.reminders.length);
    }
    expect(counts).toEqual([0, 1, 1, 2, 3, 3]);
    expect(said.reminders.map(({ escalatedTo }) => escalatedTo)).toEqual([
      null,
      terms.escalation.to,
      terms.escalation.to,
    ]);
    expect(slack.of('chat.postMessage')).toHaveLength(1 + 3);
    expect(JSON.stringify(slack.of('chat.postMessage')[2]?.body)).toContain('By now role lead may answer, too.');
  });

  it('and everything else that was told is on record, with when and whom it reached, and is shown', async () => {
    const ask = await asked({ terms });
    const { askedAt } = ask.ask.body.verdict === 'ask' ? ask.ask.body.ask : { askedAt: 0 };
    await look(2);
    const told = world.clock.at;
    await passes(5 * minute);
    await passes(5 * minute);
    botToken = 'xoxb-revoked';
    world.clock.at = ask.deadlineAt + 15_001;
    await look(2);
    const moments = [
      { moment: 'requested', dueAt: askedAt, toldAt: told },
      { moment: 'reminded', dueAt: askedAt + 5 * minute, toldAt: told + 5 * minute },
      { moment: 'escalated', dueAt: askedAt + 10 * minute, toldAt: told + 10 * minute },
    ];
    const atLast = world.clock.at;
    const closed = { moment: 'closed', dueAt: ask.deadlineAt, toldAt: atLast };
    const gaveUp = { moment: 'gave-up', dueAt: atLast, toldAt: atLast, problem: 'Slack answered invalid_auth' };
    const of = (reached: string[], list: object[]) => list.map((one) => ({ reached, problem: null, ...one }));
    const { body } = await world.call('GET', `/v1/approvals/${ask.nonce}`, { key: await world.key('bob') });
    expect(body['told']).toMatchObject([
      { channel: 'pager', moments: of(['whoever is on call'], [...moments, closed]) },
      { channel: 'slack', moments: of(['C0001'], [...moments, gaveUp]) },
    ]);
    expect(await world.store.tellingsOf(ask.nonce)).toHaveLength(8);
  });

  it('that nobody could send in time comes once, not once for each time that passed', async () => {
    await asked({ terms });
    await look(2);
    await passes(20 * minute);
    expect(said.reminders).toHaveLength(1);
    await passes(minute);
    expect(said.reminders).toHaveLength(1);
  });

  it('is not repeated when there is something else to say', async () => {
    const ask = await asked({ terms });
    await look(2);
    await passes(5 * minute);
    expect(said.reminders).toHaveLength(1);
    const ofSlack = (await world.store.noticesOf(ask.nonce)).find(({ channel }) => channel === 'slack');
    if (!ofSlack) throw new TypeError('Slack was not told');
    await world.store.saveNotice({ ...ofSlack, state: 'gave-up', toldAt: null });
    await look(2);
    expect(said.alarms).toHaveLength(1);
    expect(said.reminders).toHaveLength(1);
  });

  it('that a gateway died with comes from another one when the lease ends', async () => {
    const ask = await asked({ terms });
    await look(2);
    world.clock.at += 5 * minute;
    const [due] = await world.store.noticesDue({ channel: 'pager', now: world.clock.at, limit: 10 });
    if (!due) throw new TypeError('nothing is due');
    // It took the notice, and was killed before it told anybody.
    await world.store.takeNotice(due, world.clock.at + minute);
    await look();
    expect(said.reminders).toEqual([]);
    await passes(minute);
    expect(said.reminders).toHaveLength(1);
    expect(await stateOf(ask)).toMatchObject({ pager: 'told' });
  });

  it('is not sent of what is decided, and none comes where the terms name none', async () => {
    await asked();
    await look(2);
    await passes(30 * minute);
    expect(said.reminders).toEqual([]);
    const ask = await world.ask(2, { terms, deadlineAt: world.clock.at + 3_600_000 });
    await look(2);
    world.clock.at = ask.deadlineAt + 15_001;
    await look(2);
    expect(said.reminders).toEqual([]);
    expect(said.ends).toEqual(['expired', 'expired']);
  });
});
