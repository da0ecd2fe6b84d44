/** The interactive inbox at a real terminal: letters and the exact word, bad input, and keys that were pressed too early. */
import { afterEach, expect, test } from 'vitest';
import { type AtTerminal, startAtTerminal } from '../../support/pty.ts';
import { applied, inboxOf, sent } from './approval-gateway.ts';
import type { FakeGateway } from './run-cli.ts';
import { approval, card, nonce } from './views.ts';

const second = 'bbcdef12-2222-4333-8444-555555555555';
const prompt = 'a approve, d deny, s skip, q quit: ';
let terminal: AtTerminal | undefined;
afterEach(() => terminal?.kill());

function open(gateway: FakeGateway): AtTerminal {
  terminal = startAtTerminal(['watch', '--approve'], gateway.environment);
  return terminal;
}

test('approves with a letter what is not critical, after what was no letter', async () => {
  const gateway = await inboxOf(approval());
  const { type, shows, ended } = open(gateway);
  await shows(prompt);
  type('approve\r');
  await shows('"approve" is none of these; nothing was sent');
  expect(sent(gateway)).toEqual([]);
  await shows(prompt, 2);
  // With a mistake that is taken back, as people type.
  type('x\u007fa\r');
  await shows('counted;');
  type('\u0003');
  expect(await ended).toBe(130);
  expect(sent(gateway)).toMatchObject([{ verdict: 'approve', channel: 'terminal' }]);
});

test('takes for what is critical nothing but the word yes', async () => {
  const gateway = await inboxOf(approval({ card: card({ risk: 'critical' }) }), approval({ nonce: second }));
  const { type, shows, ended } = open(gateway);
  await shows(prompt);
  type('a\r');
  await shows('[type the word yes]');
  type('YES\r');
  await shows('it was not confirmed');
  await shows(prompt, 2);
  type('q\r');
  expect(await ended).toBe(0);
  expect(sent(gateway)).toEqual([]);
});

test('lets no key that was pressed too early answer the next card', async () => {
  const gateway = await inboxOf(approval(), approval({ nonce: second }));
  const { type, shows, ended } = open(gateway);
  gateway.on('POST', `/v1/approvals/${nonce}/votes`, () => {
    // While the first vote is on its way: whole lines, and the beginning of one.
    type('a\ra\ra');
    return applied;
  });
  await shows(prompt);
  type('a\r');
  await shows(prompt, 2);
  type('q\r');
  expect(await ended).toBe(0);
  expect(sent(gateway)).toHaveLength(1);
});

test('Ctrl-C ends it without an answer', async () => {
  const gateway = await inboxOf(approval());
  const { type, shows, ended } = open(gateway);
  await shows(prompt);
  type('\u0003');
  expect(await ended).toBe(130);
  expect(sent(gateway)).toEqual([]);
});

test('Ctrl-D passes the request over and sends nothing', async () => {
  const gateway = await inboxOf(approval(), approval({ nonce: second }));
  const { type, shows, ended } = open(gateway);
  await shows(prompt);
  type('\u0004');
  await shows(prompt, 2);
  type('q\r');
  expect(await ended).toBe(0);
  expect(sent(gateway)).toEqual([]);
});
