/** `notices`: one list for all channels, one request, and sending again what was given up, and nothing else. */
import { describe, expect, test } from 'vitest';
import { checkNotices } from '../../../cli/parts/check-notices.ts';
import { gatewayWith } from './approval-gateway.ts';
import { now, runCli, startFakeGateway } from './run-cli.ts';
import { approval, nonce } from './views.ts';

const given = nonce.slice(0, 8);
const givenUp = {
  nonce,
  channel: 'slack',
  state: 'gave-up',
  attempts: 3,
  nextAt: now,
  place: null,
  problem: 'Slack answered invalid_auth',
  toldAt: null,
  remindedAt: null,
};
const told = { ...givenUp, channel: 'mail', state: 'told', attempts: 1, problem: null, toldAt: now, remindedAt: now };

test('list shows what was given up, and why', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/notices', () => ({ notices: [givenUp] }));
  expect((await runCli(['notices', 'list'], gateway)).stdout).toBe(
    `${given}  slack  gave-up  3 attempts  Slack answered invalid_auth\n`,
  );
  expect(gateway.requests[0]?.path).toBe('/v1/notices?state=gave-up&limit=50');
  expect(JSON.parse((await runCli(['notices', 'list', '--json'], gateway)).stdout)).toEqual({ notices: [givenUp] });
});

test('list takes no state that there is not', async () => {
  const gateway = await startFakeGateway();
  const { exit, stderr } = await runCli(['notices', 'list', '--in', 'lost'], gateway);
  expect(exit).not.toBe(0);
  expect(stderr).toContain('expected one of waiting, told, done, gave-up');
  expect(gateway.requests).toEqual([]);
});

test('show says what each channel was told of one request', async () => {
  const gateway = await gatewayWith(approval());
  gateway.on('GET', `/v1/notices/${nonce}`, () => ({ notices: [told, givenUp] }));
  const { stdout } = await runCli(['notices', 'show', given], gateway);
  expect(stdout).toContain(`${given}  mail  told  1 attempt  told 2026-03-04`);
  expect(stdout).toContain('slack  gave-up');
});

describe('resend', () => {
  async function gatewayThatResends() {
    const gateway = await gatewayWith(approval());
    gateway.on('GET', `/v1/notices/${nonce}`, () => ({ notices: [told, givenUp] }));
    gateway.on('GET', '/v1/notices', () => ({ notices: [givenUp, { ...givenUp, channel: 'webhook' }] }));
    for (const channel of ['slack', 'webhook', 'mail']) {
      const again = { ...givenUp, channel, state: 'waiting', attempts: 0 };
      gateway.on('POST', `/v1/notices/${nonce}/${channel}/resend`, () => again);
    }
    const sent = () => gateway.requests.filter(({ method }) => method === 'POST').map(({ path }) => path.split('/')[4]);
    return { gateway, sent };
  }

  test.each([
    [[given], ['slack']],
    [['--all'], ['slack', 'webhook']],
    [['--all', '--channel', 'webhook'], ['webhook']],
  ])('%j tries again what was given up, and not what was told', async (words, channels) => {
    const { gateway, sent } = await gatewayThatResends();
    expect((await runCli(['notices', 'resend', ...words], gateway)).exit).toBe(0);
    expect(sent()).toEqual(channels);
  });

  test.each([
    [[], 'expected one request or --all'],
    [[given, '--all'], 'expected one request or --all'],
    [[given, '--channel', 'mail'], 'none of them was given up'],
    [['--all', '--channel', 'No/Channel'], 'expected the name of a channel'],
  ])('%j sends nothing', async (words, problem) => {
    const { gateway, sent } = await gatewayThatResends();
    const { exit, stderr } = await runCli(['notices', 'resend', ...words], gateway);
    expect(exit).not.toBe(0);
    expect(stderr).toContain(problem);
    expect(sent()).toEqual([]);
  });
});

test('a request says by whom nobody could be told, with control characters shown', async () => {
  const gateway = await gatewayWith(approval({ untold: [{ channel: 'slack', problem: 'no\u001b[2J' }] }));
  const { stdout } = await runCli(['approvals'], gateway);
  expect(stdout).toContain('not told    by slack: no');
  expect(stdout).not.toContain('\u001b');
});

test('doctor says which waiting requests were not told, and forgets those that are over', async () => {
  const row = (over: object) => ({ outcome: null, deadlineAt: now + 1, ...over }) as never;
  const store = (ask: never, notices: object[] = [givenUp]) => ({
    listNotices: () => Promise.resolve(notices as never),
    getAsk: () => Promise.resolve(ask),
  });
  expect(await checkNotices(store(row({})), now)).toMatchObject({
    ok: false,
    detail: '1 waiting request not told (slack: Slack answered invalid_auth)',
  });
  for (const over of [{ outcome: 'denied' }, { deadlineAt: now }]) {
    expect(await checkNotices(store(row(over)), now)).toMatchObject({ ok: true });
  }
  expect(await checkNotices(store(row({}), []), now)).toMatchObject({ ok: true });
  // That somebody answered alone stays to be told.
  expect(await checkNotices(store(row({ outcome: 'approved' }), [{ ...givenUp, about: 'review' }]), now)).toMatchObject(
    {
      ok: false,
      detail: '1 break-glass not told (slack: Slack answered invalid_auth)',
    },
  );
});
