/** The inbox beside a request that somebody changed in the database: it is named, takes no answer, and hides no other. */
import AxeBuilder from '@axe-core/playwright';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startChromium } from '../../support/chromium.ts';
import { nonceOf } from '../../support/signed-objects.ts';
import { storeFile } from './gateway-world.ts';
import { openInbox, type OpenInbox } from './inbox-browser.ts';

let browser: Browser;
let inbox: OpenInbox;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  inbox = await openInbox(browser, { storeInFile: true });
});
afterEach(() => inbox.close());

it('shows it as unreadable, also where it was being looked at, and goes on with the others', async () => {
  const { world, page } = inbox;
  const { approvalId } = await world.ask(1);
  await inbox.signIn();
  await page.getByRole('button', { name: 'Approve restart_service' }).waitFor();
  const raw = new Database(join(world.folder, storeFile));
  raw.prepare(`update asks set card = '{}', approval_id = ? where nonce = ?`).run(`${approvalId}\u202e`, nonceOf(1));
  raw.close();
  await world.ask(2);
  const unreadable = page.getByRole('list', { name: 'Requests that cannot be read' });
  await unreadable.getByText(`Unreadable: ${approvalId}\\u{202E}`).waitFor();
  await expect.poll(() => page.locator('#list button').count()).toBe(1);
  expect(await page.locator('#card-section').isVisible()).toBe(false);
  expect(await page.locator('#unreadable a, #unreadable button').count()).toBe(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  expect(inbox.said).toEqual([]);
});
