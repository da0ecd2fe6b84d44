/** The inbox that stays open: a gateway that goes away and comes back, a session that ends, a deadline that comes nearer. */
import AxeBuilder from '@axe-core/playwright';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startChromium } from '../../support/chromium.ts';
import { nonceOf } from '../../support/signed-objects.ts';
import type { World } from './gateway-world.ts';
import { openInbox, type OpenInbox } from './inbox-browser.ts';

let browser: Browser;
let inbox: OpenInbox;
let world: World;
let page: Page;
let proxy: Proxy;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  inbox = await openInbox(browser, { hasOwnContext: true });
  ({ world, page } = inbox);
  proxy = await startProxy(inbox.url);
});
afterEach(async () => {
  await inbox.close();
  await proxy.close();
});

interface Proxy {
  url: string;
  /** What stands in for the gateway from now on, and cuts what is open; undefined: it is back. */
  answer(status: number | undefined): void;
  close(): Promise<void>;
}

/** As before a real deployment: it answers by itself while the gateway behind it restarts. */
async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let instead: number | undefined;
  const server: Server = createServer((asked, answer) => {
    if (instead !== undefined) {
      answer.writeHead(instead, { 'content-type': 'text/plain' }).end('no gateway');
      return;
    }
    const { method, url, headers } = asked;
    const passed = httpRequest({ hostname, port, method, path: url, headers }, (came) => {
      answer.writeHead(came.statusCode ?? 500, came.headers);
      came.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer(status) {
      instead = status;
      if (status !== undefined) cut();
    },
    async close() {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}

const item = () => page.locator('#list li');
const notice = (text: string) => page.locator('#notice', { hasText: text }).waitFor();
const left = () => page.locator('#left').textContent();

async function link(principal = 'bob'): Promise<string> {
  const answer = await world.call('POST', '/v1/inbox/sign-in-links', { key: await world.key(principal) });
  return String(answer.body['url']).split('#sign-in=')[1] ?? '';
}

async function openThroughProxy(token?: string): Promise<void> {
  await page.goto(`${proxy.url}/inbox#sign-in=${token ?? (await link())}`);
  await page.getByText('signed in as bob').waitFor();
}

it.each([503, 429])('comes back after a proxy that answered %i, with what was asked meanwhile', async (status) => {
  await page.clock.install();
  await openThroughProxy();
  await page.getByText('Nothing waits for an answer.').waitFor();
  proxy.answer(status);
  await notice('The connection was lost; trying again.');
  await world.ask(1);
  proxy.answer(undefined);
  await page.clock.runFor(5000);
  await item().waitFor();
  await expect.poll(async () => await page.locator('#notice').textContent()).toBe('');
  // And it follows again.
  await world.ask(2);
  await item().nth(1).waitFor();
});

it('lists what is one’s own to answer also where the list is cut, and says that it is', async () => {
  await world.ask(1);
  await page.route('**/v1/approvals?limit=200', async (route) => {
    await route.fulfill({ json: { approvals: [], more: true, version: '0' } });
  });
  await openThroughProxy();
  await item().waitFor();
  expect(await page.getByText('More may wait than are listed here').isVisible()).toBe(true);
  await page.unroute('**/v1/approvals?limit=200');
});

it('whose session is over says so, and tries nothing any more', async () => {
  const streams: string[] = [];
  page.on('request', (request) => streams.push(...[request.url()].filter((one) => one.endsWith('/events'))));
  await page.clock.install();
  await openThroughProxy();
  await world.ask(1);
  await item().waitFor();
  world.clock.at += 13 * 3_600_000;
  proxy.answer(503);
  await notice('The connection was lost');
  proxy.answer(undefined);
  await page.clock.runFor(5000);
  await page.getByRole('heading', { name: 'Not signed in' }).waitFor();
  await notice('You are not signed in any more');
  expect(await page.locator('#inbox').isVisible()).toBe(false);
  expect(await page.title()).toBe('Countersign inbox');
  const before = streams.length;
  await page.clock.runFor(60_000);
  expect(streams).toHaveLength(before);
});

it('shows the time left as it passes, and takes no answer after it', async () => {
  await page.clock.install();
  await world.ask(1);
  await openThroughProxy();
  const approve = page.getByRole('button', { name: 'Approve restart_service' });
  await approve.waitFor();
  expect(await left()).toBe('59 s left, then silence denies');
  expect(await page.locator('#card').textContent()).not.toContain('left');
  await page.clock.runFor(40_000);
  expect(await left()).toBe('19 s left, then silence denies');
  expect(await approve.isEnabled()).toBe(true);
  await page.clock.runFor(20_000);
  expect(await left()).toBe('No time left: silence denies');
  expect(await approve.isDisabled()).toBe(true);
  expect(await page.getByRole('button', { name: 'Deny restart_service' }).isDisabled()).toBe(true);
  expect(await page.locator('#why-not').textContent()).toContain('deadline has passed');
});

it('answers no request whose card does not stand there yet', async () => {
  await world.ask(1, { card: { blastRadius: 'the first' } });
  await world.ask(2, { card: { blastRadius: 'the second' } });
  await openThroughProxy();
  const approve = page.getByRole('button', { name: 'Approve restart_service' });
  await page.getByText('the first').waitFor();
  const held = Promise.withResolvers<void>();
  await page.route(`**/v1/approvals/${nonceOf(2)}`, async (route) => {
    await held.promise;
    await route.continue();
  });
  await item().nth(1).getByRole('button').click();
  // The first card is still on its way out: whoever presses its button means nothing by it.
  await page.evaluate(() => document.getElementById('approve')?.click());
  expect(await approve.isVisible()).toBe(false);
  held.resolve();
  await page.getByText('the second').waitFor();
  await approve.click();
  await page.locator('#state', { hasText: 'Counted' }).waitFor();
  expect(await world.store.votesByNonce(nonceOf(1))).toEqual([]);
  expect(await world.store.votesByNonce(nonceOf(2))).toHaveLength(1);
});

it('says what became of an answer where it was given, not on the card that was opened meanwhile', async () => {
  for (const number of [1, 2]) await world.ask(number, { card: { blastRadius: `number ${number}` } });
  await openThroughProxy();
  await page.getByText('number 1').waitFor();
  const held = Promise.withResolvers<void>();
  await page.route(`**/v1/approvals/${nonceOf(1)}/votes`, async (route) => {
    await held.promise;
    await route.continue();
  });
  const answered = page.waitForResponse((one) => one.url().endsWith('/votes'));
  await page.getByRole('button', { name: 'Approve restart_service' }).click();
  await item().nth(1).getByRole('button').click();
  await page.getByText('number 2').waitFor();
  held.resolve();
  await answered;
  await page.getByRole('button', { name: 'Approve restart_service' }).and(page.locator(':enabled')).waitFor();
  expect(await page.locator('#state').textContent()).toBe('');
});

it('a link that was used opens nothing, and leaves whoever is signed in where they are', async () => {
  const token = await link();
  await openThroughProxy(token);
  await world.ask(1);
  await item().waitFor();
  await page.goto('about:blank');
  await page.goto(`${proxy.url}/inbox#sign-in=${token}`);
  await notice('this link was used');
  await item().waitFor();
  expect(await page.locator('#who').textContent()).toBe('signed in as bob');
});

it('a link of somebody else signs nobody out unasked, whatever page it comes from', async () => {
  await openThroughProxy();
  const token = await link('carol');
  const follow = async (): Promise<void> => {
    await page.goto('about:blank');
    await page.goto(`${proxy.url}/inbox#sign-in=${token}`);
    await page.getByRole('heading', { name: 'You are signed in as bob; sign in as carol instead?' }).waitFor();
    expect(await page.locator('#inbox').isVisible()).toBe(false);
  };
  await follow();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.getByRole('button', { name: 'Stay bob' }).click();
  await notice('You are still signed in as bob; the link was not used.');
  await page.getByText('signed in as bob', { exact: true }).waitFor();
  await follow();
  await page.getByRole('button', { name: 'Sign in as carol' }).click();
  await page.getByText('signed in as carol', { exact: true }).waitFor();
});
