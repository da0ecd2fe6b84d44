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

export async function openInbox(browser: Browser, options: Pick<WorldOptions, 'storeInFile'> = {}): Promise<OpenInbox> {
  const world = await startWorld({ gateway: { watchEveryMs: 20 }, ...options });
  const url = await world.app.listen({ host: '127.0.0.1', port: 0 });
  const context = await browser.newContext();
  const page = await context.newPage();
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
      // From elsewhere: another fragment alone would load nothing.
      await page.goto('about:blank');
      await page.goto(`${url}/inbox#sign-in=${token}`);
      await page.getByText(`signed in as ${principal}`).waitFor();
    },
    async close() {
      await context.close();
      await world.close();
    },
  };
}
