/** That somebody answered alone is said at once by every channel, again while its review is open, and when it was signed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NoticeChannel, ReviewTold } from '../../../gateway/notices/notice-channel.ts';
import { keepNotices } from '../../../gateway/notices/keep-notices.ts';
import { contextOf } from '../../../gateway/options.ts';
import { createSlackApi } from '../../../gateway/slack/slack-api.ts';
import { createSlackChannel } from '../../../gateway/slack/slack-channel.ts';
import { createWebhookChannel } from '../../../gateway/webhooks/webhook-channel.ts';
import type { AskRow } from '../../../store/store.ts';
import { SlackServer } from '../../support/slack-server.ts';
import { breakGlass, hourMs, recordPermit, startBreakGlassWorld } from './break-glass-world.ts';
import type { World } from './gateway-world.ts';

const token = ['xoxb', 'of', 'a', 'test'].join('-');
let world: World;
let ask: AskRow;
let mia: string;
let slack: SlackServer;
const said: ReviewTold[] = [];
let isBroken = false;

const pager: NoticeChannel = {
  name: 'pager',
  reaches: ['whoever is on call'],
  request: () => Promise.resolve('here'),
  alarm: () => Promise.resolve(),
  close: () => Promise.resolve(),
  review(_ask, place, told) {
    if (isBroken) return Promise.reject(new Error('no'));
    said.push(told);
    return Promise.resolve(place ?? 'here');
  },
  failureOf: () => ({ problem: 'the pager is dead', retryAfterMs: null, isFinal: false }),
};

beforeEach(async () => {
  ({ world, ask, mia } = await startBreakGlassWorld());
  slack = new SlackServer(token);
  await slack.start();
  said.length = 0;
  isBroken = false;
});
afterEach(async () => {
  await world.close();
  await slack.stop();
});

const look = async (channel: NoticeChannel = pager): Promise<number> =>
  await keepNotices(contextOf(world.options), channel);
const momentsOf = (): string[] => said.map(({ moment }) => moment);
async function broken(reason = 'the site is down'): Promise<void> {
  await breakGlass(world, ask, mia, { reason });
  await recordPermit(world, ask);
}
async function signed(...names: string[]): Promise<void> {
  for (const name of names) {
    const body = { finding: 'justified', reason: 'I looked' };
    await world.call('POST', `/v1/reviews/${ask.nonce}/signatures`, { key: await world.key(name), body });
  }
}

describe('a break-glass', () => {
  it('is told once, with who, why, and until when it is reviewed', async () => {
    await look();
    expect(said).toEqual([]);
    await broken();
    await look();
    await look();
    const dueAt = world.clock.at + hourMs;
    expect(said).toMatchObject([{ moment: 'used', by: 'mia', role: 'chief', reason: 'the site is down', dueAt }]);
  });

  it('is said again at half time, when it is overdue, every day after, and when it was signed: once each', async () => {
    await broken();
    await look();
    const steps = [hourMs / 2, hourMs / 2, 24 * hourMs, 24 * hourMs];
    for (const step of steps) {
      world.clock.at += step;
      await look();
      world.clock.at += 60_001;
      await look();
    }
    expect(momentsOf()).toEqual(['used', 'reminded', 'overdue', 'overdue', 'overdue']);
    await signed('bob', 'carol');
    for (let times = 0; times < 3; times += 1) {
      world.clock.at += 60_001;
      await look();
    }
    expect(momentsOf().slice(5)).toEqual(['signed']);
    expect(said.at(-1)).toMatchObject({ signatures: [{ principal: 'bob' }, { principal: 'carol' }] });
    expect(await world.store.noticesOf(ask.nonce)).toMatchObject([{ about: 'review', state: 'done' }]);
    expect((await world.store.tellingsOf(ask.nonce)).map(({ moment }) => moment)).toEqual([
      'break-glass',
      'review-reminded',
      ...Array.from({ length: 3 }, () => 'review-overdue'),
      'review-signed',
    ]);
  });

  it('that a channel cannot tell is tried again, and is in the list of notices as what it is', async () => {
    isBroken = true;
    await broken();
    await look();
    const listed = async (state: string) =>
      (await world.call('GET', `/v1/notices?state=${state}`, { key: mia })).body['notices'];
    const own = { nonce: ask.nonce, channel: 'pager', about: 'review', problem: 'the pager is dead' };
    expect(await listed('waiting')).toMatchObject([own]);
    isBroken = false;
    world.clock.at += 32_000;
    await look();
    expect(momentsOf()).toEqual(['used']);
    expect(await listed('told')).toMatchObject([{ ...own, problem: null }]);
  });

  it('that was given up can be sent again', async () => {
    isBroken = true;
    await broken();
    await look({ ...pager, failureOf: () => ({ problem: 'gone', retryAfterMs: null, isFinal: true }) });
    isBroken = false;
    await look();
    expect(said).toEqual([]);
    expect((await world.call('POST', `/v1/notices/${ask.nonce}/pager/resend`, { key: mia })).status).toBe(200);
    await look();
    expect(momentsOf()).toEqual(['used']);
  });

  it('that was reviewed before a channel was there is not told by it', async () => {
    await broken();
    await signed('bob', 'carol');
    await look();
    expect(said).toEqual([]);
  });

  it('is told whether or not the request still waits, and does not count as its notice', async () => {
    await broken();
    await look();
    const view = (await world.call('GET', `/v1/approvals/${ask.nonce}`, { key: mia })).body;
    expect(view).toMatchObject({ outcome: 'approved', told: [] });
  });

  it('wakes everybody in Slack, again when its review is overdue, and parses nothing that a person wrote', async () => {
    await broken('<!here> <https://evil.example|ok> *now*');
    const api = createSlackApi({ botToken: token, apiUrl: slack.url, channel: 'C0001' });
    await look(createSlackChannel(api, () => 'https://cs.example/inbox'));
    for (let times = 0; times < 2; times += 1) {
      world.clock.at += hourMs / 2;
      await look(createSlackChannel(api, () => 'https://cs.example/inbox'));
    }
    const posted = slack.of('chat.postMessage').map((one) => one.body as { text: string; thread_ts?: string });
    const thread = '1800000000.000001';
    expect(posted).toMatchObject([
      { text: expect.stringMatching(/^<!channel> BREAK-GLASS/u) as unknown },
      { text: expect.stringMatching(/^The review .* is open/u) as unknown, thread_ts: thread },
      { text: expect.stringMatching(/^<!channel> The review .* is OVERDUE/u) as unknown, thread_ts: thread },
    ]);
    expect(posted[0]?.thread_ts).toBeUndefined();
    const body = posted[0] as unknown as { text: string; blocks: { type: string }[] };
    expect(body.text).toMatch(/^<!channel> BREAK-GLASS, mia answered alone/u);
    const parsed = JSON.stringify([body.text, body.blocks.filter(({ type }) => type === 'section')]);
    expect(parsed).not.toMatch(/here|evil/u);
    expect(JSON.stringify(body.blocks)).toContain('evil.example');
    expect(JSON.stringify(body.blocks)).not.toContain('https://evil');
  });

  it('is a webhook of its own kind', async () => {
    await broken();
    const sent: { headers: Record<string, string>; body: string }[] = [];
    const secret = `whsec_${Buffer.from('k'.repeat(32)).toString('base64')}`;
    const send = (_url: string, request: { headers: Record<string, string>; body: string }) => {
      sent.push(request);
      return Promise.resolve({ status: 200, headers: {} });
    };
    const options = { url: 'https://hooks.example/', secrets: [secret], send } as never;
    await look(createWebhookChannel(contextOf(world.options), options));
    const bodies = sent.map(({ body }) => JSON.parse(body) as { type: string; data: object });
    expect(bodies).toMatchObject([{ type: 'break-glass.used', data: { nonce: ask.nonce, by: 'mia', role: 'chief' } }]);
    expect(sent[0]?.headers['webhook-id']).toBe(`msg_${ask.nonce}_break-glass_used_${world.clock.at}`);
  });
});
