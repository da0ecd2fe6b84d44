/** Granting in the inbox, in a real browser: what was shown is what is granted, whatever the page or its fields are bent to. */
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { digestText } from '../../../core/digest.ts';
import { readGrants } from '../../../store/read-grants.ts';
import { startChromium } from '../../support/chromium.ts';
import { nonceOf } from '../../support/signed-objects.ts';
import { type AskChanges, audience, type World } from './gateway-world.ts';
import { openInbox, type OpenInbox } from './inbox-browser.ts';

const hour = 3_600_000;
const cap = { ttlMs: hour, uses: 5, risk: 'high' as const, scope: 'agent' as const };
let browser: Browser;
let inbox: OpenInbox;
let world: World;
let page: Page;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  inbox = await openInbox(browser);
  ({ world, page } = inbox);
});
afterEach(() => inbox.close());

async function askFor(
  terms: AskChanges['terms'] = {},
  args: object = { service: 'web-1', replicas: 2 },
): Promise<void> {
  const text = canonicalJson(args);
  const argumentsDigest = digestText('arguments', text);
  const rules = [{ id: 'effects', effect: 'ask' as const, reason: 'a person must see it' }];
  await world.ask(1, {
    terms: { quorum: 2, grants: cap, ...terms },
    card: { arguments: text, argumentsDigest, labels: ['operator'] },
    body: { rules, labels: ['operator'], argumentsDigest },
  });
}

const button = (name: string) => page.getByRole('button', { name });
const opener = () => button('Approve restart_service and calls like it');
const show = () => button('Show what it covers');
const approve = () => button('Approve all of it');
const covers = () => page.locator('#grant-covers');
const problem = (text: string) => page.locator('#grant-problem', { hasText: text }).waitFor();
const state = (text: string | RegExp) => page.locator('#state', { hasText: text }).waitFor();
const votes = async () => (await world.store.votesByNonce(nonceOf(1))).map(({ vote: { body } }) => body);
const grants = async () =>
  (await readGrants({ store: world.store, registry: world.keys.registry, audience })).map(({ grant }) => grant);

async function openForm(principal = 'bob'): Promise<void> {
  await inbox.signIn(principal);
  await opener().click();
  await page.getByRole('heading', { name: 'Approve calls like it' }).waitFor();
}

/** As a person does: the service may differ, three calls, half an hour. */
async function say(): Promise<void> {
  await page.getByLabel('How argument service may differ').selectOption('like');
  await page.getByLabel('What argument service may be').fill('web-*');
  await page.getByLabel('How many calls').fill('3');
  await page.getByLabel('For how many minutes').fill('30');
  await page.getByLabel('untrusted').check();
}

describe('a grant from the inbox', () => {
  it('is what the gateway said it covers, and nothing before it was approved', async () => {
    await askFor();
    await openForm();
    await say();
    expect(await approve().isVisible()).toBe(false);
    await show().click();
    await covers().getByText('service is like "web-*"').waitFor();
    const words = (await covers().textContent()) ?? '';
    for (const line of ['replicas is exactly 2', 'at most 3 times', '30 min from when you approve it', 'up to medium'])
      expect(words).toContain(line);
    expect(words).toContain('operator, untrusted');
    expect(words).toContain('2 approvals of exactly this grant');
    expect(await grants()).toEqual([]);
    expect(await votes()).toEqual([]);
    await approve().click();
    await state(/is approved by you/);
    expect(await grants()).toMatchObject([
      {
        proposedBy: 'bob',
        arguments: { service: { kind: 'like', globs: ['web-*'] }, replicas: { kind: 'exactly', json: '2' } },
        uses: 3,
        scope: 'run',
        expiresAt: world.clock.at + hour / 2,
      },
    ]);
    expect(await votes()).toMatchObject([{ verdict: 'approve', channel: 'web', grantDigest: expect.any(String) }]);
    expect(inbox.said).toEqual([]);
  });

  it('is approved by the next person as it was proposed', async () => {
    await askFor();
    await openForm();
    await say();
    await show().click();
    await approve().click();
    await state(/is approved by you/);
    world.clock.at += 1;
    await openForm('carol');
    expect(await page.locator('#grant-which').textContent()).toContain('as bob proposed it');
    await show().click();
    await covers().getByText('service is like "web-*"').waitFor();
    await approve().click();
    await state(/is approved by you/);
    const [first, second] = await votes();
    expect(second).toMatchObject({ principal: 'carol', grantDigest: first?.grantDigest });
    expect(await grants()).toHaveLength(1);
  });

  it('has to be shown again when a field is changed', async () => {
    await askFor();
    await openForm();
    await say();
    await show().click();
    await approve().waitFor();
    await page.getByLabel('How many calls').fill('4');
    expect(await approve().isVisible()).toBe(false);
    await page.keyboard.press('Enter');
    expect(await votes()).toEqual([]);
    await show().click();
    await covers().getByText('at most 4 times').waitFor();
  });

  it.each<[string, () => Promise<void>, string]>([
    ['more uses than the terms allow', () => page.getByLabel('How many calls').fill('6'), 'for 6 uses'],
    ['a longer time', () => page.getByLabel('For how many minutes').fill('61'), 'at most 3600 s'],
    ['a pattern like anything', () => page.getByLabel('What argument service may be').fill('*'), 'cannot be used'],
    ['no number', () => page.getByLabel('How many calls').fill(''), 'a whole number'],
  ])('is not shown for %s, and what was said stays', async (_, change, why) => {
    await askFor();
    await openForm();
    await say();
    await change();
    await show().click();
    await problem(why);
    expect(await page.getByLabel('For how many minutes').isVisible()).toBe(true);
    expect(await approve().isVisible()).toBe(false);
    expect(await grants()).toEqual([]);
  });

  it('for riskier calls than the one asked for is confirmed as those need', async () => {
    await askFor({ stepUpFrom: 'high' });
    await openForm();
    await say();
    await page.getByLabel('Up to which risk').selectOption('high');
    await show().click();
    await approve().waitFor();
    expect(await approve().isDisabled()).toBe(true);
    await page.getByLabel('Type restart_service to approve all of it').fill('restart_servic');
    expect(await approve().isDisabled()).toBe(true);
    await page.getByLabel('Type restart_service to approve all of it').fill('restart_service');
    await approve().click();
    await state(/is approved by you/);
    expect(await votes()).toMatchObject([{ authenticated: { stepUp: 'typed-target' } }]);
  });

  it('is offered to nobody where the terms allow none', async () => {
    await askFor({ grants: undefined });
    await inbox.signIn();
    await button('Approve restart_service').waitFor();
    await page.keyboard.press('g');
    expect(await page.locator('#grant-form').isVisible()).toBe(false);
    expect(await page.locator('#grant').isVisible()).toBe(false);
  });
});

describe('a page that is bent', () => {
  /** What a script in the page could send with its session. */
  const send = async (grant: object) =>
    await page.evaluate(
      async ([nonce, asked]) => {
        const get = await fetch(`/v1/approvals/${nonce}`);
        const { cardDigest } = (await get.json()) as { cardDigest: string };
        const body = JSON.stringify({ verdict: 'approve', cardDigest, grant: asked });
        const headers = { 'content-type': 'application/json' };
        return (await fetch(`/v1/approvals/${nonce}/votes`, { method: 'POST', headers, body })).status;
      },
      [nonceOf(1), grant] as const,
    );

  it('grants nothing that the gateway did not show, nor anything else than it showed', async () => {
    await askFor();
    await openForm();
    await say();
    const [asked] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/grant-previews')),
      show().click(),
    ]);
    const { coverageDigest: shown } = (await asked.json()) as { coverageDigest: string };
    const { grant } = asked.request().postDataJSON() as { grant: { propose: object } };
    const { propose } = grant;
    expect(await send({ propose })).toBe(400);
    expect(await send({ propose: { ...propose, uses: 4 }, shown })).toBe(409);
    expect(await send({ propose: { ...propose, scope: 'agent' }, shown })).toBe(409);
    expect(await grants()).toEqual([]);
    expect(await votes()).toEqual([]);
    expect(await send({ propose, shown })).toBe(200);
  });
});

it('names and values that hide something are shown as escapes', async () => {
  await askFor({}, { 'ser\u202Evice': 'web\u200B', service: 'web-1' });
  await openForm();
  expect(await page.locator('#grant-arguments').textContent()).toContain('ser\\u{202E}vice');
  expect(await page.locator('#grant-form').textContent()).not.toMatch(/[\u202E\u200B]/u);
});

it.each(['light', 'dark'] as const)('in %s on a phone axe finds nothing in the open form', async (colorScheme) => {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width: 360, height: 800 });
  await askFor({ stepUpFrom: 'low' });
  await openForm();
  await say();
  await show().click();
  await approve().waitFor();
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
