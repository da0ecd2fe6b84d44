/** Mail of requests, at a real SMTP server: what it says, what it never holds, and what a server's refusal comes to. */
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { createMailChannel } from '../../../gateway/mail/mail-channel.ts';
import { keepNotices } from '../../../gateway/notices/keep-notices.ts';
import { contextOf, type GatewayContext } from '../../../gateway/options.ts';
import { nonceOf } from '../../support/signed-objects.ts';
import { breakGlass, hourMs, recordPermit, startBreakGlassWorld } from './break-glass-world.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let context: GatewayContext;
let server: SMTPServer;
const mails: string[] = [];
/** Of the next mails; absent: taken. */
const refusals: number[] = [];
/** In plain text, as they came. */
const shownPasswords: string[] = [];

beforeEach(async () => {
  mails.length = 0;
  refusals.length = 0;
  shownPasswords.length = 0;
  server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth({ password }, _session, done) {
      shownPasswords.push(String(password));
      done(null, { user: 'cs' });
    },
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const responseCode = refusals.shift();
        if (responseCode === undefined) mails.push(Buffer.concat(chunks).toString('utf8'));
        done(responseCode === undefined ? null : Object.assign(new Error('not now'), { responseCode }));
      });
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '0.0.0.0', resolve);
  });
  world = await startWorld();
  context = contextOf(world.options);
});
afterEach(async () => {
  await world.close();
  await new Promise<void>((resolve) => {
    server.close(resolve);
  });
});

async function look(at = '127.0.0.1'): Promise<number> {
  const { port } = server.server.address() as AddressInfo;
  const options = { smtpUrl: `smtp://${at}:${port}`, from: 'cs@example.com', to: ['oncall@example.com'] };
  return await keepNotices(
    context,
    createMailChannel(options, (nonce) => `https://cs.example/inbox?approval=${nonce}`),
  );
}

describe('a mail', () => {
  it('says what waits, links to it, and holds nothing that an agent wrote', async () => {
    const hostile = 'https://evil.example/approve';
    const texts = { arguments: canonicalJson({ text: hostile }), toolDescription: hostile, targetState: hostile };
    await world.ask(1, { card: texts });
    await look();
    await look();
    expect(mails).toHaveLength(1);
    const [mail = ''] = mails;
    expect(mail).toContain('Subject: Countersign: Run restart_service on test');
    expect(mail.replaceAll('=\r\n', '')).toMatch(
      new RegExp(`https://cs\\.example/inbox\\?approval=(?:3D)?${nonceOf(1)}`),
    );
    expect(mail).not.toContain('evil');
    expect(mail).toContain('Content-Type: text/plain');
    expect(mail).toContain('Auto-Submitted: auto-generated');
    expect(mail).toContain(`<${nonceOf(1)}@countersign>`);
  });

  it('says of a break-glass who, why and how it is reviewed, loudly at first and when the review is overdue', async () => {
    await world.close();
    const started = await startBreakGlassWorld();
    ({ world } = started);
    context = contextOf(world.options);
    await breakGlass(world, started.ask, started.mia, { reason: 'down, see https://evil.example/x' });
    await recordPermit(world, started.ask);
    for (const stepMs of [0, hourMs / 2, hourMs / 2]) {
      world.clock.at += stepMs;
      await look();
    }
    const subjects = mails.map((mail) => /^Subject: ((?:.|\r\n[ \t])*)\r$/mu.exec(mail)?.[1]?.replaceAll('\r\n', ''));
    expect(subjects).toEqual([
      expect.stringContaining('BREAK-GLASS, mia answered alone: restart_service'),
      expect.stringContaining('The review of the break-glass of mia is open'),
      expect.stringContaining('The review of the break-glass of mia is OVERDUE'),
    ]);
    expect(mails.map((mail) => /^Importance: High\r$/imu.test(mail))).toEqual([true, false, true]);
    const text = (mails[0] ?? '').replaceAll('=\r\n', '');
    expect(text).toMatch(/By: +mia, as chief/u);
    expect(text).toContain(`countersign reviews sign ${started.ask.nonce}`);
    expect(text).not.toContain('https://evil');
  });

  it('is tried again where the server says later, and given up where it says never', async () => {
    refusals.push(451, 550);
    await world.ask(1);
    await look();
    const state = async () => (await world.store.noticesOf(nonceOf(1)))[0];
    expect(await state()).toMatchObject({ state: 'waiting', problem: 'the mail server answered 451' });
    world.clock.at += 2000;
    await look();
    expect(await state()).toMatchObject({ state: 'gave-up', problem: 'the mail server answered 550' });
    expect(mails).toEqual([]);
  });

  it('shows no password to a server that offers no TLS, but on this machine', async () => {
    await world.ask(1);
    // Another address than loopback's own names: for all that the channel knows, another machine.
    await look('cs:hush@127.0.0.2');
    expect(shownPasswords).toEqual([]);
    expect(mails).toEqual([]);
    expect(await world.store.noticesOf(nonceOf(1))).toMatchObject([
      { state: 'waiting', problem: 'the mail server offers no TLS' },
    ]);
    world.clock.at += 2000;
    await look('cs:hush@127.0.0.1');
    expect(shownPasswords).toEqual(['hush']);
    expect(mails).toHaveLength(1);
  });

  it.each(['HEAD', 'POST', 'OPTIONS'] as const)('neither does what else a scanner tries: %s', async (method) => {
    const row = await world.ask(1);
    const answer = await world.app.inject({ method, url: `/inbox?approval=${row.nonce}` });
    expect(answer.statusCode).toBe(method === 'HEAD' ? 200 : 404);
    expect(await world.store.votesByNonce(row.nonce)).toEqual([]);
    expect(await world.store.looksOf(row.nonce)).toEqual([]);
  });

  it('opening its link answers nothing, signed in or not', async () => {
    const row = await world.ask(1);
    const answer = await world.app.inject({ method: 'GET', url: `/inbox?approval=${row.nonce}` });
    expect(answer.statusCode).toBe(200);
    const key = await world.key('bob');
    expect((await world.call('GET', `/v1/approvals/${row.nonce}`, { key })).status).toBe(200);
    expect(await world.store.votesByNonce(row.nonce)).toEqual([]);
    expect((await world.store.getAsk(row.nonce))?.outcome).toBeNull();
  });
});
