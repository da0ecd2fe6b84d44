/** Webhooks from the receiver's side: a real HTTP server that verifies them as the specification says, and fails as servers do. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { digestJson } from '../../../core/digest.ts';
import { keepNotices } from '../../../gateway/notices/keep-notices.ts';
import { contextOf, type GatewayContext, type WebhookOptions } from '../../../gateway/options.ts';
import { createWebhookChannel } from '../../../gateway/webhooks/webhook-channel.ts';
import type { AskRow } from '../../../store/store.ts';
import { checkedFetch } from '../../../tools/checked-fetch.ts';
import { nonceOf } from '../../support/signed-objects.ts';
import { breakGlass, hourMs, recordPermit, startBreakGlassWorld } from './break-glass-world.ts';
import { startWorld, type World } from './gateway-world.ts';

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const [secret, oldSecret] = [newSecret(), newSecret()];

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

let world: World;
let context: GatewayContext;
let ask: AskRow;
let receiver: Server;
let url: string;
const received: Received[] = [];
/** Answers to the next deliveries; 204 after them. */
const answers: { status: number; headers?: Record<string, string> }[] = [];

beforeEach(async () => {
  received.length = 0;
  answers.length = 0;
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      const { status, headers } = answers.shift() ?? { status: 204 };
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  world = await startWorld();
  context = contextOf(world.options);
  ask = await world.ask(1, { deadlineAt: world.clock.at + 600_000 });
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

/** The receiver’s scheme and port; which address is allowed is another question. */
function here() {
  return { schemes: ['http:'], ports: [Number(new URL(url).port)] };
}

function optionsWith(changes: Partial<WebhookOptions> = {}): WebhookOptions {
  const isAllowedAddress = (address: string) => address === '127.0.0.1';
  return {
    url,
    secrets: [secret, oldSecret],
    send: async (to, request) => await checkedFetch(to, request, { ...here(), isAllowedAddress, maximumRedirects: 0 }),
    ...changes,
  };
}

async function look(changes: Partial<WebhookOptions> = {}): Promise<number> {
  return await keepNotices(context, createWebhookChannel(context, optionsWith(changes)));
}

function verified(one: Received | undefined, by = secret) {
  if (!one) throw new TypeError('nothing was received');
  // The specification bounds the age of a message by the receiver's clock.
  vi.useFakeTimers({ toFake: ['Date'], now: world.clock.at });
  return new Webhook(by).verify(one.body, one.headers as Record<string, string>) as {
    type: string;
    data: Record<string, unknown>;
  };
}

async function notice() {
  return (await world.store.noticesOf(ask.nonce))[0];
}

describe('a webhook', () => {
  it('says what is asked, and each of two secrets verifies it', async () => {
    await look();
    const event = verified(received[0]);
    expect(verified(received[0], oldSecret)).toEqual(event);
    expect(() => verified(received[0], newSecret())).toThrow('No matching signature found');
    expect(event).toMatchObject({
      type: 'approval.requested',
      data: { nonce: nonceOf(1), kind: 'call', card: { tool: 'restart_service' }, deadlineAt: ask.deadlineAt },
    });
    expect(event.data['cardDigest']).toMatch(/^sha256:/);
    await look();
    expect(received).toHaveLength(1);
  });

  it('hides nothing that an agent wrote, and its card has the digest that an answer names', async () => {
    const hostile = canonicalJson({ name: 'web\u202e\u200b\u00a0' });
    ask = await world.ask(2, { card: { arguments: hostile }, deadlineAt: world.clock.at + 500_000 });
    await look();
    const sent = received.find(({ body }) => body.includes(nonceOf(2)));
    expect(sent?.body).not.toMatch(/[\p{Cc}\p{Cf}]|(?! )\p{Zs}/u);
    const { data } = verified(sent);
    expect(data['card']).toMatchObject({ arguments: hostile });
    expect(digestJson('card', data['card'])).toBe(data['cardDigest']);
  });

  it('costs no reads of the run for what its messages do not show', async () => {
    const gateState = vi.spyOn(world.store, 'gateState');
    const listAsks = vi.spyOn(world.store, 'listAsks');
    await look();
    world.clock.at = ask.deadlineAt + 15_001;
    await look();
    expect(received).toHaveLength(2);
    expect(gateState).not.toHaveBeenCalled();
    expect(listAsks).not.toHaveBeenCalled();
  });

  it('is repeated under the same id, when and after the receiver says', async () => {
    answers.push({ status: 503, headers: { 'retry-after': '20' } }, { status: 500 });
    await look();
    world.clock.at += 19_999;
    expect(await look()).toBe(0);
    world.clock.at += 1;
    await look();
    world.clock.at += 3999;
    expect(await look()).toBe(0);
    world.clock.at += 1;
    await look();
    const ids = received.map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(await notice()).toMatchObject({ state: 'told', attempts: 3, problem: null });
  });

  it('says of a break-glass each time that its review is open, and that it was signed, each as an event of its own', async () => {
    await world.close();
    const started = await startBreakGlassWorld();
    ({ world, ask } = started);
    context = contextOf(world.options);
    await breakGlass(world, ask, started.mia);
    await recordPermit(world, ask);
    const events: ReturnType<typeof verified>[] = [];
    const after = async (ms: number): Promise<void> => {
      world.clock.at += ms;
      await look();
      events.push(verified(received.at(-1)));
    };
    for (const ms of [0, hourMs / 2, hourMs / 2]) await after(ms);
    for (const name of ['bob', 'carol']) {
      const body = { finding: 'justified', reason: 'I looked' };
      await world.call('POST', `/v1/reviews/${ask.nonce}/signatures`, { key: await world.key(name), body });
    }
    await after(60_001);
    const told = { nonce: ask.nonce, by: 'mia', role: 'chief', reason: 'the site is down', signatures: [] };
    expect(events).toMatchObject([
      { type: 'break-glass.used', data: told },
      { type: 'break-glass.review-reminded', data: told },
      { type: 'break-glass.review-overdue', data: told },
      { type: 'break-glass.review-signed', data: { signatures: [{ principal: 'bob' }, { principal: 'carol' }] } },
    ]);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(4);
  });

  it('says how the request ended, and who voted', async () => {
    await look();
    const key = await world.key('bob');
    if (ask.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
    const body = { verdict: 'deny', cardDigest: ask.ask.body.ask.cardDigest };
    await world.call('POST', `/v1/approvals/${ask.nonce}/votes`, { key, body });
    world.clock.at = ask.deadlineAt + 15_001;
    await look();
    const event = JSON.parse(received[1]?.body ?? '') as unknown;
    expect(event).toMatchObject({
      type: 'approval.closed',
      data: { nonce: ask.nonce, outcome: 'expired', votes: [{ principal: 'bob', verdict: 'deny' }] },
    });
    expect(received[1]?.headers['webhook-id']).not.toBe(received[0]?.headers['webhook-id']);
    expect(await notice()).toMatchObject({ state: 'done' });
  });

  const redirect = (status: number) => `the receiver answered with a redirect (${status}), which is not followed`;

  it.each([
    ['410, which wants no more', { status: 410 }, 'the receiver answered 410'],
    ['a redirect, wherever it leads', { status: 302, headers: { location: 'http://169.254.169.254/' } }, redirect(302)],
    ['a redirect to itself', { status: 308, headers: { location: '/hook' } }, redirect(308)],
    ['a redirect that leads nowhere', { status: 301 }, redirect(301)],
  ])('is given up at %s, listed, and sent again when somebody says so', async (_, answer, problem) => {
    answers.push(answer);
    await look();
    expect(received).toHaveLength(1);
    expect(await notice()).toMatchObject({ state: 'gave-up', problem });
    world.clock.at += 400_000;
    expect(await look()).toBe(0);
    const key = await world.key('ann');
    const listed = await world.call('GET', '/v1/notices', { key });
    expect(listed.body).toMatchObject({ notices: [{ nonce: ask.nonce, channel: 'webhook', state: 'gave-up' }] });
    const resend = `/v1/notices/${ask.nonce}/webhook/resend`;
    expect((await world.call('POST', resend, { key })).status).toBe(200);
    await look();
    expect(await notice()).toMatchObject({ state: 'told' });
    expect((await world.call('POST', resend, { key })).status).toBe(409);
    expect((await world.call('POST', `/v1/notices/${ask.nonce}/slack/resend`, { key })).status).toBe(404);
  });

  it('goes to no address that the connection does not allow', async () => {
    const send: WebhookOptions['send'] = async (to, request) =>
      await checkedFetch(to, request, { ...here(), maximumRedirects: 0 });
    await look({ send });
    expect(received).toEqual([]);
    expect(await notice()).toMatchObject({
      state: 'gave-up',
      problem: 'its URL leads to an address that is not allowed',
    });
  });

  it('that nobody takes keeps nobody from answering', async () => {
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
    await look();
    expect(await notice()).toMatchObject({ state: 'waiting', problem: 'the receiver is out of reach' });
    const key = await world.key('bob');
    if (ask.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
    const body = { verdict: 'approve', cardDigest: ask.ask.body.ask.cardDigest };
    expect((await world.call('POST', `/v1/approvals/${ask.nonce}/votes`, { key, body })).status).toBe(200);
  });

  it.each([[[]], [['short']], [['whsec_x']], [[newSecret(), newSecret(), newSecret()]]])(
    'a gateway with other secrets than it should have does not start: %#',
    async (secrets) => {
      const webhook = optionsWith({ secrets });
      await expect(startWorld({ gateway: { webhook } })).rejects.toMatchObject({ code: 'config-invalid' });
    },
  );
});
