/** What the inbox shows of text that wants to be read otherwise, beyond the card: whole arguments, tools' words, blanks; and what ends a session. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { digestText } from '../../../core/digest.ts';
import { enrolmentCode } from '../../../gateway/slack/identity.ts';
import { startChromium } from '../../support/chromium.ts';
import { openInbox, type OpenInbox } from './inbox-browser.ts';
import { startSlackWorld, signingSecret, slackTeam, stopSlackWorld } from './slack-world.ts';

let browser: Browser;
let inbox: OpenInbox;
let page: Page;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  inbox = await openInbox(browser);
  ({ page } = inbox);
});
afterEach(() => inbox.close());

/** Each would pass for something else: a Cyrillic letter, padding, marks that paint over lines, a reversed end. */
const hostile = `r\u0435start a${' '.repeat(40)}b x${'\u0301'.repeat(6)} \u202Eexe`;
const shown = String.raw`r\u{435}start a\u{20}×40b x${'\u0301'.repeat(3)}\u{301}\u{301}\u{301} \u{202E}exe`;

it('the whole arguments are as open as the card', async () => {
  const { world } = inbox;
  const text = canonicalJson({ text: `${'word '.repeat(600)}${hostile}${' word'.repeat(600)}` });
  const card = {
    arguments: `${text.slice(0, 40)} …`,
    argumentsCut: true,
    argumentsLength: text.length,
    argumentsDigest: digestText('arguments', text),
    argumentsBody: await world.store.putBody(text),
  };
  await world.ask(1, { card });
  await inbox.signIn();
  await page.getByRole('button', { name: 'Show the whole arguments' }).click();
  const whole = page.locator('#whole');
  await whole.waitFor();
  expect(await whole.textContent()).toContain(` ${shown} `);
  expect(await whole.textContent()).not.toContain(hostile);
});

it('so is what a tool says, line by line', async () => {
  const said = `first ${hostile}\nsecond${'.'.repeat(2000)}`;
  const body = await inbox.world.store.putBody(said);
  const dryRun = { ended: true, text: 'first', length: said.length, digest: body, body, labels: [], at: 1 };
  await inbox.world.ask(1, { card: { dryRun } });
  await inbox.signIn();
  await page.getByRole('button', { name: 'Show all that the dry run says' }).click();
  const whole = page.locator('#said pre');
  await whole.waitFor();
  expect(await whole.textContent()).toMatch(/^first .*\nsecond\.{2000}$/u);
  expect(await whole.textContent()).toContain(shown);
});

it('values that differ in a blank alone differ to the eye', async () => {
  await inbox.world.ask(1, { card: { blastRadius: 'folder "a  b", not "a b"' } });
  await inbox.signIn();
  const row = page.locator('#card > div', { hasText: 'can hit' }).locator('dd');
  await row.waitFor();
  // What is painted, not what stands in the document.
  expect(await row.innerText()).toBe('folder "a  b", not "a b"');
});

it('an enrolment link that has ended signs nobody out', async () => {
  const slack = await startSlackWorld();
  try {
    const { world } = slack;
    const user = { enterpriseId: null, teamId: slackTeam, userId: 'U0BOB' };
    const code = enrolmentCode(signingSecret, user, world.clock.at - 601_000);
    const made = await world.call('POST', '/v1/inbox/sign-in-links', { key: await world.key('bob') });
    const token = String(made.body['url']).split('#sign-in=')[1] ?? '';
    const url = await world.app.listen({ host: '127.0.0.1', port: 0 });
    await page.goto(`${url}/inbox?slack=${code}#sign-in=${token}`);
    await page.getByLabel('Your own Slack member id').fill(user.userId);
    await page.getByRole('button', { name: 'These clicks are mine' }).click();
    await page.getByText('this link has ended or is none of ours').waitFor();
    expect(await page.getByText('signed in as bob').isVisible()).toBe(true);
    expect(await page.getByRole('heading', { name: 'Not signed in' }).isVisible()).toBe(false);
  } finally {
    await stopSlackWorld(slack);
  }
});
