/** The sender of docs/webhooks.md, copied out of the page and run: made, enrolled and revoked with the commands that the page shows. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AskRow } from '../../../store/store.ts';
import { runCli } from '../cli/run-cli.ts';
import { startWorld, type World } from './gateway-world.ts';

const page = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');

const yearMs = 366 * 86_400_000;

let world: World;
let url: string;
let environment: Record<string, string>;
let program: string;
let clock: string;
let ask: AskRow;
beforeEach(async () => {
  world = await startWorld();
  url = await world.app.listen({ host: '127.0.0.1', port: 0 });
  environment = {
    COUNTERSIGN_URL: url,
    COUNTERSIGN_API_KEY: await world.key('root', { expiresAt: world.clock.at + yearMs }),
  };
  program = join(world.folder, 'answer.mjs');
  await writeFile(program, blockOf('js sender'));
  // The program reads the clock of its machine, which is the gateway's here.
  clock = join(world.folder, 'clock.mjs');
  await writeFile(clock, `Date.now = () => ${world.clock.at};`);
  ask = await world.ask(1);
});
afterEach(() => world.close());

function blockOf(info: string): string {
  const [, text] = new RegExp(`\`\`\`${info}\\n([\\s\\S]*?)\`\`\``, 'u').exec(page) ?? [];
  if (text === undefined) throw new Error(`the page has no ${info}`);
  return text;
}

/** As on the page: the request of the one command is what the other takes. */
async function enrolled(principal: string, ...options: string[]): Promise<{ keyId: string; file: string }> {
  const file = join(world.folder, `${principal}.pem`);
  const request = (await runCli(['keys', 'request', file, '--signing'])).stdout.trim();
  const command = ['keys', 'enrol', principal, ...options, '--request', request, '--role', 'operator'];
  expect(await runCli(command, { environment })).toMatchObject({ exit: 0 });
  return { keyId: request.split('.')[0] ?? '', file };
}

async function answer(
  verdict: string,
  more: Record<string, string>,
  grant?: object,
): Promise<{ exit: number; said: string }> {
  if (ask.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  const { nonce, askDigest } = ask;
  const { cardDigest } = ask.ask.body.ask;
  const told = JSON.stringify({ type: 'approval.requested', data: { nonce, askDigest, cardDigest, card: {} } });
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', clock, program, verdict, 'as the page says', ...(grant ? [JSON.stringify(grant)] : [])],
      { env: { COUNTERSIGN_URL: url, ...more } },
      (error, stdout, stderr) => resolve({ exit: error === null ? 0 : 1, said: stdout + stderr }),
    );
    child.stdin?.end(told);
  });
}

describe('the sender of docs/webhooks.md', () => {
  it('denies with the key of a system, until that is revoked', async () => {
    const { keyId, file } = await enrolled('scanner', '--service');
    const sender = { SENDER_KEY_ID: keyId, SENDER_KEY_FILE: file };
    expect(await answer('approve', sender)).toMatchObject({ exit: 1, said: expect.stringMatching(/^403 /) as unknown });
    expect(await answer('deny', sender)).toMatchObject({ exit: 0, said: expect.stringMatching(/^200 /) as unknown });
    const [cast] = await world.store.votesByNonce(ask.nonce);
    expect(cast?.vote.body).toMatchObject({ principal: 'scanner', verdict: 'deny', reason: 'as the page says' });
    expect((await runCli(['keys', 'list'], { environment })).stdout).toContain(`${keyId}  signs  scanner (service)`);
    expect(await runCli(['keys', 'revoke', keyId], { environment })).toMatchObject({ exit: 0 });
    expect(await answer('deny', sender)).toMatchObject({ exit: 1, said: expect.stringMatching(/^401 /) as unknown });
    expect((await runCli(['keys', 'refused'], { environment })).stdout).toContain('POST /v1/webhooks/answers');
  });

  it('brings an approval that a person signed', async () => {
    const [system, person] = [await enrolled('scanner', '--service'), await enrolled('bob')];
    const both = {
      SENDER_KEY_ID: system.keyId,
      SENDER_KEY_FILE: system.file,
      PERSON_KEY_ID: person.keyId,
      PERSON_KEY_FILE: person.file,
    };
    expect(await answer('approve', both)).toMatchObject({ exit: 0, said: expect.stringMatching(/^200 /) as unknown });
    const [cast] = await world.store.votesByNonce(ask.nonce);
    expect(cast?.vote.body).toMatchObject({ principal: 'bob', verdict: 'approve', channel: 'webhook' });
  });

  it('brings a grant that a person signed, in the same order at each depth', async () => {
    const rules = [{ id: 'effects', effect: 'ask' as const, reason: 'a person must see it' }];
    const grants = { ttlMs: 3_600_000, uses: 5, risk: 'medium' as const, scope: 'run' as const };
    ask = await world.ask(2, { terms: { grants }, body: { rules } });
    const person = await enrolled('bob');
    const both = { PERSON_KEY_ID: person.keyId, PERSON_KEY_FILE: person.file };
    const [system] = [await enrolled('scanner', '--service')];
    const sender = { SENDER_KEY_ID: system.keyId, SENDER_KEY_FILE: system.file };
    const grant = { propose: { uses: 5, ttlMs: 1_800_000 } };
    expect(await answer('approve', { ...sender, ...both }, grant)).toMatchObject({ exit: 0 });
    const [cast] = await world.store.votesByNonce(ask.nonce);
    expect(cast?.vote.body).toMatchObject({ principal: 'bob', grantDigest: expect.any(String) as unknown });
  });
});
