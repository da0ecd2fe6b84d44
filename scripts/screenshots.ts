/**
 * `npm run screenshots`: the pictures of the docs, taken of the real program. Engine, store, gateway and worker are started on a
 * folder of their own, two made-up runs of one person wait for another one's answer, and Chromium takes the inbox and one card.
 * Nobody answers anything.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { Countersign } from '../client/gateway-client.ts';
import { makeKey } from '../gateway/make-key.ts';
import { startChromium } from '../test/support/chromium.ts';
import { startScriptedModel, type ScriptedModel } from '../test/support/scripted-model.ts';
import { gatewayPollMs, until } from '../test/support/until.ts';
import { type CountersignProcess, startCountersign } from './demo/countersign-process.ts';
import { startOutsideWorld } from './demo/outside-world.ts';
import { repositoryRoot } from './lint/repository-files.ts';

/** `--out <folder>`: somewhere else than the docs. */
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = values.out ?? join(repositoryRoot, 'docs', 'images');

/** What the model says, and everything else is real. */
const runs = [
  {
    input: 'The api service answers slowly.',
    steps: [{ text: 'I restart it.', calls: [{ name: 'restart_service', args: { service: 'api' } }] }],
  },
  {
    input: 'Delete the old test database.',
    steps: [{ text: 'I delete it.', calls: [{ name: 'delete_database', args: { name: 'test_old' } }] }],
  },
];

/** Made up as well: the name of whoever takes the pictures is nobody's business. */
const people = { asks: 'amara.okafor', answers: 'jonas.berg' };

const state = await mkdtemp(join(tmpdir(), 'countersign-screenshots-'));
const world = await startOutsideWorld(join(state, 'outside'));
const model = await startScriptedModel();
let countersign: CountersignProcess | undefined;
try {
  for (const { input, steps } of runs) model.script(input, steps);
  countersign = await startCountersign({
    pack: join(repositoryRoot, 'agents', 'ops'),
    state,
    environment: { ...world.environment, ...settingsOf(model) },
  });
  await ask(await personOf(countersign, people.asks));
  await takePictures(await personOf(countersign, people.answers), people.answers);
  process.stdout.write(`inbox.png and card.png are in ${out}\n`);
} finally {
  await countersign?.stop();
  await model.stop();
  await world.stop();
  await rm(state, { recursive: true, force: true });
}

function settingsOf({ baseURL }: ScriptedModel): Record<string, string> {
  return { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: 'none' };
}

/** Enrolled as anybody is: with a secret of their own. */
async function personOf({ url, gateway }: CountersignProcess, principal: string): Promise<Countersign> {
  const { apiKey, keyId, secretHash } = makeKey();
  await gateway.keys.mint({
    principal,
    roles: ['operator'],
    person: true,
    scopes: ['runs:start', 'runs:read', 'approvals:read', 'approvals:vote'],
    expiresInMs: 3_600_000,
    own: { keyId, secretHash },
  });
  return new Countersign({ url, apiKey });
}

async function ask(gateway: Countersign): Promise<void> {
  for (const { input } of runs) await gateway.runs.start({ agent: 'ops', input });
  const areAsked = async () => (await gateway.approvals.list({ state: 'open' })).approvals.length === runs.length;
  await until('both requests', areAsked, 90_000, gatewayPollMs);
}

async function takePictures(gateway: Countersign, principal: string): Promise<void> {
  const browser = await startChromium();
  try {
    const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, colorScheme: 'light' });
    const page = await context.newPage();
    const { url } = await gateway.inbox.signInLink();
    await page.goto(url);
    await page.getByText(`signed in as ${principal}`).waitFor();
    const { approvals } = await gateway.approvals.list({ state: 'open' });
    const open = async (tool: string): Promise<void> => {
      const nonce = approvals.find((one) => one.tool === tool)?.nonce ?? '';
      await openCard(page, `${new URL(url).origin}/inbox?approval=${nonce}`, tool);
    };
    await open('delete_database');
    await page.screenshot({ path: join(out, 'inbox.png'), fullPage: true });
    await open('restart_service');
    await page.locator('#card-section').screenshot({ path: join(out, 'card.png') });
  } finally {
    await browser.close();
  }
}

/** By its link, as from a mail. */
async function openCard(page: Page, link: string, tool: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('heading', { name: `Run ${tool}` }).waitFor();
}
