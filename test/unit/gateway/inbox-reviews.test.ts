/** Open reviews in the inbox, in a real browser: how many, what a person wrote as text alone, and that everybody can read it. */
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AskRow } from '../../../store/store.ts';
import { startChromium } from '../../support/chromium.ts';
import { breakGlass, recordPermit, startBreakGlassWorld } from './break-glass-world.ts';
import type { World } from './gateway-world.ts';

let browser: Browser;
let page: Page;
let world: World;
let ask: AskRow;
let mia: string;
let bob: string;
const said: string[] = [];

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  ({ world, ask, mia } = await startBreakGlassWorld({ gateway: { watchEveryMs: 20 } }));
  bob = await world.key('bob');
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 });
  page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  said.length = 0;
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  const answer = await world.call('POST', '/v1/inbox/sign-in-links', { key: bob });
  await page.goto(`${url}/inbox#sign-in=${String(answer.body['url']).split('#sign-in=')[1] ?? ''}`);
  await page.getByText('signed in as bob').waitFor();
});
afterEach(async () => {
  await page.context().close();
  await world.close();
});

const section = () => page.getByRole('region', { name: /^Break-glass to review/u });

it('appear as they are opened, with who, why and who has signed, and go when two have', async () => {
  await page.getByText('restart_service').first().waitFor();
  expect(await section().isVisible()).toBe(false);
  await breakGlass(world, ask, mia);
  await recordPermit(world, ask);
  await page.getByRole('heading', { name: 'Break-glass to review: 1' }).waitFor();
  const text = await section().innerText();
  expect(text).toContain('mia answered alone, as chief: restart_service on test (risk medium)');
  expect(text).toContain('Reason: the site is down');
  for (const key of [bob, await world.key('carol')]) {
    const body = { finding: 'justified', reason: 'I looked' };
    await world.call('POST', `/v1/reviews/${ask.nonce}/signatures`, { key, body });
  }
  await page.reload();
  await page.getByText('signed in as bob').waitFor();
  await page.getByText('Nothing waits for an answer.').waitFor();
  expect(await section().isVisible()).toBe(false);
  expect(said).toEqual([]);
});

const button = () => section().getByRole('button', { name: 'Sign the review of restart_service by mia' });

/** As one of those who may. */
async function write(reason: string): Promise<void> {
  await section().getByLabel('What you found').selectOption('not-justified');
  await section().getByLabel('Why').fill(reason);
}

it('are signed there by whoever may, after a finding and a reason of their own, and once', async () => {
  await breakGlass(world, ask, mia);
  await recordPermit(world, ask);
  await page.getByRole('heading', { name: 'Break-glass to review: 1' }).waitFor();
  await section().getByText('The card that was answered').click();
  expect(await section().getByLabel('The card that was answered').innerText()).toContain('restart_service');
  // Nothing is chosen for anybody, and no finding goes without a reason.
  expect(await button().isDisabled()).toBe(true);
  await section().getByLabel('What you found').selectOption('justified');
  expect(await button().isDisabled()).toBe(true);
  await section().getByLabel('Why').fill('  ');
  expect(await button().isDisabled()).toBe(true);
  // What somebody else does meanwhile takes nothing away that is being written.
  await section().getByLabel('Why').fill('carol was at her desk');
  await world.ask(2);
  await page.getByText('restart_service').nth(2).waitFor();
  expect(await section().getByLabel('Why').inputValue()).toBe('carol was at her desk');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);

  await write('carol was at her desk');
  await button().press('Enter');
  await section().getByText('1 of 2 have signed: bob (not-justified, from web)').waitFor();
  await section().getByText('Not yours to sign: you have signed it').waitFor();
  expect(await button().isVisible()).toBe(false);
  const review = (await world.call('GET', `/v1/reviews/${ask.nonce}`, { key: mia })).body;
  expect(review).toMatchObject({
    state: 'open',
    signatures: [{ principal: 'bob', finding: 'not-justified', reason: 'carol was at her desk', channel: 'web' }],
  });
  expect(said).toEqual([]);
});

it('say why a signature was refused, keep what was written, and offer no form to whoever may not', async () => {
  await breakGlass(world, ask, mia);
  await recordPermit(world, ask);
  await write('I looked as well');
  // Enough others sign while this page is written in, and it hears of it before it sends.
  for (const name of ['carol', 'dave']) {
    const body = { finding: 'justified', reason: 'I looked' };
    await world.call('POST', `/v1/reviews/${ask.nonce}/signatures`, { key: await world.key(name), body });
  }
  await world.ask(2);
  await section().getByText('This review is no longer open: enough others have signed it.').waitFor();
  expect(await section().getByLabel('Why').inputValue()).toBe('I looked as well');
  await button().press('Enter');
  await section()
    .getByText(/it is signed, expected an open review/u)
    .waitFor();
  expect(await section().getByLabel('Why').inputValue()).toBe('I looked as well');
  expect((await world.call('GET', `/v1/reviews/${ask.nonce}`, { key: bob })).body['signatures']).toHaveLength(2);
});

it('offer the breaker nothing to sign', async () => {
  await breakGlass(world, ask, mia);
  await recordPermit(world, ask);
  const answer = await world.call('POST', '/v1/inbox/sign-in-links', { key: mia });
  const { origin } = new URL(page.url());
  await page.goto('about:blank');
  await page.context().clearCookies();
  await page.goto(`${origin}/inbox#sign-in=${String(answer.body['url']).split('#sign-in=')[1] ?? ''}`);
  await section().getByText('Not yours to sign:').waitFor();
  expect(await button().isVisible()).toBe(false);
});

it('show a reason as text, with what hides in it made visible', async () => {
  const reason = '<img src=x onerror=alert(1)> \u202Eyadrut';
  await breakGlass(world, ask, mia, { reason });
  await recordPermit(world, ask);
  await page.getByRole('heading', { name: 'Break-glass to review: 1' }).waitFor();
  const text = await section().innerText();
  expect(text).toContain('<img src=x onerror=alert(1)> \\u{202E}yadrut');
  expect(await section().locator('img').count()).toBe(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  expect(said).toEqual([]);
});
