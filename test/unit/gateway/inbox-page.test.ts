/** The inbox in a real browser: what a person sees and does, what a hostile card cannot do, and that everybody can use it. */
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { buildCard } from '../../../core/card/build-card.ts';
import type { Card } from '../../../core/contracts/approval.ts';
import { digestText } from '../../../core/digest.ts';
import { callerOfSlackUser, enrolmentCode } from '../../../gateway/slack/identity.ts';
import { startChromium } from '../../support/chromium.ts';
import { aCard, nonceOf } from '../../support/signed-objects.ts';
import { type AskChanges, startWorld, type World } from './gateway-world.ts';
import { openInbox, type OpenInbox } from './inbox-browser.ts';

let browser: Browser;
let inbox: OpenInbox;
let world: World;
let url: string;
let page: Page;
const said = () => inbox.said;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  inbox = await openInbox(browser);
  ({ world, url, page } = inbox);
});
afterEach(() => inbox.close());

const signIn = async () => await inbox.signIn();

async function askWith(
  number: number,
  value: unknown,
  changes: Partial<Card> = {},
  whole = true,
  more: AskChanges = {},
): Promise<void> {
  const text = canonicalJson(value);
  const { argumentsCut: _, argumentsLength: __, approvalId, ...facts } = JSON.parse(aCard('run-1/1.0')) as Card;
  const argumentsBody = whole ? { argumentsBody: await world.store.putBody(text) } : {};
  const { approvalId: ___, ...card } = buildCard({
    ...facts,
    approvalId,
    arguments: text,
    argumentsDigest: digestText('arguments', text),
    ...argumentsBody,
    ...changes,
  });
  const body = { argumentsDigest: digestText('arguments', text), ...more.body };
  await world.ask(number, { card, ...more, body });
}

async function votes(number = 1) {
  return (await world.store.votesByNonce(nonceOf(number))).map(({ vote: { body } }) => body);
}

const approve = () => page.getByRole('button', { name: 'Approve restart_service' });
const deny = () => page.getByRole('button', { name: 'Deny restart_service' });
const state = (text: string | RegExp) => page.locator('#state', { hasText: text }).waitFor();

describe('signing in', () => {
  it('takes the token out of the address, and the link works once', async () => {
    await signIn();
    expect(page.url()).toBe(`${url}/inbox`);
    await page.reload();
    await page.getByText('signed in as bob').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Not signed in').waitFor();
    await page.reload();
    await page.getByText('Not signed in').waitFor();
  });
});

describe('answering', () => {
  it('approves with a reason, and says what the run said', async () => {
    world.door.voteStatuses = [{ status: 'applied', outcome: 'approved' }];
    await askWith(1, { service: 'web' });
    await signIn();
    await page.getByRole('heading', { name: 'Run restart_service on test' }).waitFor();
    await page.getByLabel('Reason').fill('checked with the owner');
    await approve().click();
    await state('Counted; the request is approved.');
    expect(await votes()).toMatchObject([{ verdict: 'approve', reason: 'checked with the owner', channel: 'web' }]);
  });

  it('denies by keyboard alone', async () => {
    await askWith(1, { service: 'web' });
    await signIn();
    await deny().waitFor();
    await page.keyboard.press('d');
    expect(await votes()).toEqual([]);
    await page.keyboard.press('Enter');
    await state(/^Counted/);
    expect(await votes()).toMatchObject([{ verdict: 'deny' }]);
  });

  it('shows what comes in while it is open, without being asked', async () => {
    await signIn();
    await page.getByText('Nothing waits for an answer.').waitFor();
    await askWith(1, { service: 'web' });
    const entry = page.getByRole('button', { name: /Run restart_service on test/ });
    await entry.waitFor();
    expect(await entry.textContent()).toContain('risk medium');
  });

  it('a critical call comes first, and needs the name of its tool typed', async () => {
    await askWith(1, { service: 'web' }, { risk: 'critical' }, true, { body: { risk: 'critical' } });
    await world.ask(2, { deadlineAt: world.clock.at + 30_000 });
    await signIn();
    await approve().waitFor();
    expect(await page.locator('#list button').first().textContent()).toContain('risk critical');
    expect(await approve().isDisabled()).toBe(true);
    await page.getByLabel(/^Critical: type/).fill('restart');
    expect(await approve().isDisabled()).toBe(true);
    await page.getByLabel(/^Critical: type/).fill('restart_service');
    await approve().click();
    await state(/^Counted/);
    expect(await votes()).toHaveLength(1);
  });

  it('the fresh confirmation that its terms want is the name, and nothing that looks like it', async () => {
    const { deadlineAt } = await world.ask(1, { terms: { stepUpFrom: 'low' } });
    expect(deadlineAt).toBeGreaterThan(world.clock.at);
    await signIn();
    await approve().waitFor();
    const field = page.getByLabel(/^Type restart_service/);
    for (const [what, pasted, shown] of [
      ['another name', 'restart_servic', ''],
      ['the name in capitals', 'RESTART_SERVICE', ''],
      ['the name with a blank behind it', 'restart_service ', ''],
      ['a Cyrillic letter that looks the same', 'r\u0435start_service', 'r\\u{435}start_service'],
      ['a sign of no width within', 'restart\u200B_service', 'restart\\u{200B}_service'],
      ['letters of full width', '\uFF52estart_service', '\\u{FF52}estart_service'],
    ] as const) {
      await field.fill('');
      await field.click();
      await page.keyboard.insertText(pasted);
      expect(await field.inputValue(), what).toBe(pasted);
      expect(await approve().isDisabled(), what).toBe(true);
      const why = await page.locator('#why-not').textContent();
      expect(why, what).toContain('Type restart_service to approve.');
      expect(why, what).toContain(shown);
      // A page that is bent sends it all the same: the gateway compares, too.
      const bent = await page.evaluate(
        async ([nonce, confirmation]) => {
          const get = await fetch(`/v1/approvals/${nonce}`);
          const { cardDigest } = (await get.json()) as { cardDigest: string };
          const body = JSON.stringify({ verdict: 'approve', cardDigest, confirmation });
          const headers = { 'content-type': 'application/json' };
          return (await fetch(`/v1/approvals/${nonce}/votes`, { method: 'POST', headers, body })).status;
        },
        [nonceOf(1), pasted] as const,
      );
      expect(bent, what).toBe(422);
      expect(await votes(), what).toEqual([]);
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag22aa']).analyze();
      expect(
        violations.map(({ id }) => id),
        what,
      ).toEqual([]);
    }
    await field.fill('restart_service');
    await approve().click();
    await state(/^Counted/);
    expect(await votes()).toMatchObject([{ channel: 'web', authenticated: { stepUp: 'typed-target' } }]);
  });

  it('what was typed for one request confirms no other', async () => {
    for (const number of [1, 2]) await world.ask(number, { terms: { stepUpFrom: 'low' } });
    await signIn();
    await approve().waitFor();
    await page.getByLabel(/^Type restart_service/).fill('restart_service');
    expect(await approve().isEnabled()).toBe(true);
    await page
      .getByRole('button', { name: /Run restart_service on test/ })
      .nth(1)
      .click();
    await page.locator('#list li:nth-child(2) button[aria-current]').waitFor();
    expect(await page.getByLabel(/^Type restart_service/).inputValue()).toBe('');
    expect(await approve().isDisabled()).toBe(true);
  });

  it('says by whom nobody could be told', async () => {
    await askWith(1, { service: 'web' });
    const notice = {
      nonce: nonceOf(1),
      channel: 'slack',
      attempts: 1,
      nextAt: 0,
      place: null,
      toldAt: null,
      remindedAt: null,
    };
    await world.store.takeNotice({ ...notice, state: 'new', problem: null }, 0);
    await world.store.saveNotice({ ...notice, state: 'gave-up', problem: 'Slack answered invalid_auth' });
    await signIn();
    await page.getByText('Nobody could be told of this by slack (Slack answered invalid_auth).').waitFor();
    expect(await page.locator('#list').textContent()).toContain('not everybody was told');
  });

  it('cut arguments have to be opened whole before they are approved', async () => {
    const tail = 'the part in the middle';
    await askWith(1, { text: `${'word '.repeat(1500)}${tail}${' word'.repeat(1500)}` });
    await signIn();
    await approve().waitFor();
    expect(await approve().isDisabled()).toBe(true);
    expect(await deny().isDisabled()).toBe(false);
    await page.getByRole('button', { name: 'Show the whole arguments' }).click();
    await page.getByText(tail).waitFor();
    await approve().click();
    await state(/^Counted/);
  });

  it('what a dry run says beyond the card is one click away, as text', async () => {
    const said = `${'would delete a backup; '.repeat(100)}<img src=x onerror=alert(1)> \u202e`;
    const body = await world.store.putBody(said);
    const words = { ended: true, text: said.slice(0, 1500), length: said.length, digest: body, body, at: 1 };
    await askWith(1, {}, { dryRun: { ...words, labels: ['untrusted'] } });
    await signIn();
    await page.getByRole('button', { name: 'Show all that the dry run says' }).click();
    const whole = page.getByLabel('Show all that the dry run says').and(page.locator('pre'));
    await whole.waitFor();
    expect(await whole.textContent()).toContain('<img src=x onerror=alert(1)> \\u{202E}');
    // What happens to other requests meanwhile does not close it.
    await world.ask(2);
    await page.locator('#list li').nth(1).waitFor();
    expect(await whole.isVisible()).toBe(true);
    expect(await page.locator('#said button').count()).toBe(1);
  });

  it('says why where one may not answer, and offers no buttons', async () => {
    await world.ask(1, { ticket: { principal: 'bob' }, card: { requester: 'bob' } });
    await signIn();
    await state(/^You may not answer/);
    expect(await approve().isVisible()).toBe(false);
  });

  it('an answer that the gateway refuses is shown as refused', async () => {
    await askWith(1, { service: 'web' });
    await signIn();
    await approve().waitFor();
    world.door.links.clear();
    await approve().click();
    await state(/its run no longer runs/);
    expect(await votes()).toEqual([]);
  });
});

describe('editing the arguments', () => {
  const schema = JSON.stringify({
    type: 'object',
    properties: { service: { type: 'string' }, replicas: { type: 'integer', maximum: 9 } },
    required: ['service'],
    additionalProperties: false,
  });
  const field = () => page.getByLabel('All arguments that the call is to have, as JSON');
  const send = () => page.getByRole('button', { name: 'Ask with these arguments' });

  async function editableAsk(value: unknown): Promise<void> {
    const editable = { schemaBody: await world.store.putBody(schema), left: 3 };
    await askWith(1, value, {}, true, { ask: { editable } });
  }

  it('asks with other ones, by keyboard alone, and loses nothing of what is refused', async () => {
    await editableAsk({ service: 'web', replicas: 20 });
    await signIn();
    await deny().waitFor();
    await page.keyboard.press('e');
    await field().waitFor();
    expect(await field().inputValue()).toBe('{\n  "replicas": 20,\n  "service": "web"\n}');
    await field().fill('{ "service": "web", "replicas": 12 }');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#edit-problem', { hasText: '"replicas" is a number, expected a value of at most' }).waitFor();
    expect(await field().inputValue()).toBe('{ "service": "web", "replicas": 12 }');
    expect(await votes()).toEqual([]);
    await field().fill('{ "service": "web", ');
    await send().click();
    await page.locator('#edit-problem', { hasText: 'This is no JSON' }).waitFor();
    await field().fill('{ "service": "web", "replicas": 2 }');
    await send().click();
    await state(/^Your edit is recorded/);
    const digest = digestText('arguments', '{"replicas":2,"service":"web"}');
    expect(await votes()).toMatchObject([{ verdict: 'edit', channel: 'web', edits: { argumentsDigest: digest } }]);
  });

  it('shows what hides as escapes, and leaves it what it was', async () => {
    await editableAsk({ service: 'web\u202E' });
    await signIn();
    await page.getByRole('button', { name: 'Edit the arguments of restart_service' }).click();
    await field().waitFor();
    expect(await field().inputValue()).toContain('web\\u202e');
    await send().click();
    await page.locator('#edit-problem', { hasText: 'other ones' }).waitFor();
  });

  it('is offered to nobody where the request cannot be edited', async () => {
    await askWith(1, { service: 'web' });
    await signIn();
    await approve().waitFor();
    expect(await page.locator('#edit').isVisible()).toBe(false);
    await page.keyboard.press('e');
    expect(await page.locator('#edit-form').isVisible()).toBe(false);
  });

  it.each(['light', 'dark'] as const)('in %s on a phone axe finds nothing in the open form', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 800 });
    await editableAsk({ service: 'web' });
    await signIn();
    await page.getByRole('button', { name: 'Edit the arguments of restart_service' }).click();
    await field().fill('{}');
    await send().click();
    await page.locator('#edit-problem', { hasText: '"service"' }).waitFor();
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
      .analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

describe('an enrolment link of Slack', () => {
  const user = { enterpriseId: null, teamId: 'T0001', userId: 'U0BOB' };
  const secret = 'a signing secret';

  it('names no user, and takes the member id of whoever is signed in', async () => {
    const slack = { signingSecret: secret, botToken: 'x', teamId: 'T0001', channel: 'C0001' };
    const other = await startWorld({ gateway: { slack, publicUrl: 'http://127.0.0.1' } });
    try {
      const address = await other.app.listen({ host: '127.0.0.1', port: 0 });
      const key = await other.key('bob');
      const made = await other.call('POST', '/v1/inbox/sign-in-links', { key });
      const code = enrolmentCode(secret, user, other.clock.at);
      const token = String(made.body['url']).split('#sign-in=')[1] ?? '';
      await page.goto(`${address}/inbox?slack=${code}#sign-in=${token}`);
      await page.getByRole('heading', { name: 'Answer from Slack' }).waitFor();
      expect(await page.locator('body').textContent()).not.toContain(user.userId);
      await page.getByLabel('Your own Slack member id').fill('U0EVE');
      await page.getByRole('button', { name: 'These clicks are mine' }).click();
      await page.getByText('the Slack member id typed is another one').waitFor();
      expect(await callerOfSlackUser(other.options, user)).toBeUndefined();
      await page.getByLabel('Your own Slack member id').fill(user.userId);
      await page.getByRole('button', { name: 'These clicks are mine' }).click();
      await page.getByText('your clicks in Slack count as your answers').waitFor();
      expect(await callerOfSlackUser(other.options, user)).toMatchObject({ principal: 'bob' });
    } finally {
      await other.close();
    }
  });
});

describe('a hostile card', () => {
  it('is text: it runs nothing, loads nothing and links nowhere', async () => {
    const hostile = '</pre><img src=//evil.example onerror=alert(1)><a href="javascript:alert(1)">x</a>\u202E';
    const requested: string[] = [];
    page.on('request', (request) => requested.push(new URL(request.url()).origin));
    await askWith(1, { text: hostile }, { toolDescription: hostile, environment: hostile, agent: hostile });
    await signIn();
    await approve().waitFor();
    expect(await page.locator('#card-section a, #card-section img, #list a').count()).toBe(0);
    expect(new Set(requested)).toEqual(new Set([url]));
    expect(await page.locator('#card').textContent()).not.toContain('\u202E');
    expect(said()).toEqual([]);
  });
});

describe('everybody can use it', () => {
  it.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 360],
    ['dark', 360],
  ] as const)('in %s at %i pixels axe finds nothing, and nothing runs off the side', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await askWith(1, { text: 'word'.repeat(1000) }, { risk: 'critical' });
    await askWith(2, { service: 'web' }, {}, false);
    await signIn();
    await page.getByRole('heading', { name: /restart_service/ }).waitFor();
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
      .analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});
