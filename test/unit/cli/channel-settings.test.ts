/** A channel is set up whole or not at all: what is missing is said at once, all of it, before anything starts. */
import { expect, test } from 'vitest';
import { channelSettingsOf } from '../../../cli/parts/channel-settings.ts';
import { readConfig } from '../../../worker/config.ts';
import { runCli } from './run-cli.ts';

const slack = {
  COUNTERSIGN_PUBLIC_URL: 'https://cs.example',
  COUNTERSIGN_SLACK_SIGNING_SECRET: 's'.repeat(32),
  COUNTERSIGN_SLACK_BOT_TOKEN: 'a token',
  COUNTERSIGN_SLACK_TEAM: 'T1',
  COUNTERSIGN_SLACK_CHANNEL: 'C1',
};
const webhook = { COUNTERSIGN_WEBHOOK_URL: 'https://hooks.example/x', COUNTERSIGN_WEBHOOK_SECRET: 'one  two\n' };
const mail = {
  COUNTERSIGN_PUBLIC_URL: 'https://cs.example',
  COUNTERSIGN_SMTP_URL: 'smtp://mail.example',
  COUNTERSIGN_MAIL_FROM: 'cs@example.com',
  COUNTERSIGN_MAIL_TO: 'a@example.com, b@example.com',
};

test('none is set up where nothing is set', () => {
  expect(channelSettingsOf(readConfig({}))).toEqual({});
});

test('each is set up from its own settings', () => {
  expect(channelSettingsOf(readConfig({ ...slack, ...webhook, ...mail }))).toEqual({
    publicUrl: 'https://cs.example',
    slack: { signingSecret: 's'.repeat(32), botToken: 'a token', teamId: 'T1', channel: 'C1' },
    webhook: { url: 'https://hooks.example/x', secrets: ['one', 'two'], isPrivate: false },
    mail: { smtpUrl: 'smtp://mail.example', from: 'cs@example.com', to: ['a@example.com', 'b@example.com'] },
  });
});

test.each([
  ...Object.keys(slack).map((left) => ['Slack', slack, left] as const),
  ...Object.keys(webhook).map((left) => ['webhooks', webhook, left] as const),
  ...Object.keys(mail).map((left) => ['mail', mail, left] as const),
])('%s without one of %j is refused by its name: %s', (_, all, left) => {
  const environment = Object.fromEntries(Object.entries(all).filter(([name]) => name !== left));
  expect(() => channelSettingsOf(readConfig(environment))).toThrow(
    expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(`"${left}" is not set`) }),
  );
});

test('all that is missing is said at once', () => {
  expect(() => channelSettingsOf(readConfig({ COUNTERSIGN_MAIL_TO: 'a@example.com' }))).toThrow(
    'Cannot mail people of requests: "COUNTERSIGN_SMTP_URL", "COUNTERSIGN_MAIL_FROM", "COUNTERSIGN_PUBLIC_URL" are not set, expected what goes with "COUNTERSIGN_MAIL_TO"',
  );
});

test('a receiver by http is one of the own network, and has to be said to be', () => {
  const inside = { ...webhook, COUNTERSIGN_WEBHOOK_URL: 'http://10.0.0.7/x' };
  expect(() => channelSettingsOf(readConfig(inside))).toThrow('set COUNTERSIGN_WEBHOOK_PRIVATE=true');
  const { webhook: set } = channelSettingsOf(readConfig({ ...inside, COUNTERSIGN_WEBHOOK_PRIVATE: 'true' }));
  expect(set).toMatchObject({ url: 'http://10.0.0.7/x', isPrivate: true });
});

test.each([[['dev', 'agents/ops']], [['gateway']]])('%j says it before anything starts', async (command) => {
  const environment = { OPENAI_API_KEY: 'none', COUNTERSIGN_SLACK_TEAM: 'T1' };
  const { exit, stderr } = await runCli(command, { environment });
  expect(exit).toBe(2);
  expect(stderr).toContain(
    '"COUNTERSIGN_SLACK_SIGNING_SECRET", "COUNTERSIGN_SLACK_BOT_TOKEN", "COUNTERSIGN_SLACK_CHANNEL"',
  );
});
