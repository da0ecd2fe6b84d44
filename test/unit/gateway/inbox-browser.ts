/** The inbox in a real browser, for tests: a gateway that listens, a page of its own, and somebody who signs in by a link. */
import type { Browser, Page } from 'playwright-core';
import { startWorld, type World, type WorldOptions } from './gateway-world.ts';

export interface OpenInbox {
  world: World;
  url: string;
  page: Page;
  /** What the page wrote to its console, threw, or asked in a dialog. */
  said: string[];
  /** @param principal one who has no key yet. @default bob */
  signIn(principal?: string): Promise<void>;
  close(): Promise<void>;
}

export interface InboxOptions extends Pick<WorldOptions, 'storeInFile'> {
  /** For tests that put in what cannot be taken out again, such as a clock. @default false */
  hasOwnContext?: boolean;
}

/** Of each browser, the page that its tests use one after the other: a new one is a new process, a third of what a test costs. */
const pages = new WeakMap<Browser, Promise<Page>>();
const usualSize = { width: 1280, height: 720 };

export async function openInbox(
  browser: Browser,
  { hasOwnContext = false, ...options }: InboxOptions = {},
): Promise<OpenInbox> {
  const world = await startWorld({ gateway: { watchEveryMs: 20 }, ...options });
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 });
  const page = await (hasOwnContext ? newPage(browser) : pageOf(browser));
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('dialog', (dialog) => {
    said.push('a dialog');
    void dialog.dismiss();
  });
  const keyBy = new Map<string, string>();
  return {
    world,
    url,
    page,
    said,
    async signIn(principal = 'bob') {
      const key = keyBy.get(principal) ?? (await world.key(principal));
      keyBy.set(principal, key);
      const answer = await world.call('POST', '/v1/inbox/sign-in-links', { key });
      const token = String(answer.body['url']).split('#sign-in=')[1] ?? '';
      // From elsewhere: another fragment alone would load nothing. Somebody who is signed in already would be asked.
      await page.goto('about:blank');
      await page.context().clearCookies();
      await page.goto(`${url}/inbox#sign-in=${token}`);
      await page.getByText(`signed in as ${principal}`).waitFor();
    },
    async close() {
      if (hasOwnContext) await page.context().close();
      else await empty(page);
      await world.close();
    },
  };
}

async function pageOf(browser: Browser): Promise<Page> {
  const page = pages.get(browser) ?? newPage(browser);
  pages.set(browser, page);
  return await page;
}

async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: usualSize });
  return await context.newPage();
}

/** As a new one: signed in nowhere, showing nothing. What a page stores is its origin's, and each world has its own. */
async function empty(page: Page): Promise<void> {
  page.removeAllListeners();
  await page.unrouteAll({ behavior: 'wait' });
  await page.goto('about:blank');
  await page.context().clearCookies();
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(usualSize);
}
