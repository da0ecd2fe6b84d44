/** What the terminal says of a request besides its card: who could answer, who was told, where each vote came from. */
import { expect, test } from 'vitest';
import { gatewayWith } from './approval-gateway.ts';
import { startFakeGateway, runCli } from './run-cli.ts';
import { approval, nonce } from './views.ts';

test('approvals say who could answer, what channels were told, and where each vote came from', async () => {
  const gateway = await startFakeGateway();
  const vote = { principal: 'bob', verdict: 'approve' as const, castAt: 1_800_000_000_000, channel: 'web' as const };
  const asked = {
    moment: 'requested' as const,
    dueAt: 1_800_000_000_000,
    toldAt: 1_800_000_000_000,
    reached: ['C0001\u202e', 'C0002'],
    problem: null,
  };
  const again = { ...asked, moment: 'escalated' as const, reached: [], toldAt: 1_800_000_060_000 };
  const told = [
    { channel: 'slack', at: 1_800_000_000_000, remindedAt: 1_800_000_060_000, problem: null, moments: [asked, again] },
    { channel: 'mail', at: null, remindedAt: null, problem: 'refused\u001b[2J', moments: [] },
  ];
  const votes = [{ ...vote, authenticated: 'api-key k1 through session:s1' }];
  gateway.on('GET', '/v1/approvals', () => ({
    approvals: [approval({ couldAnswer: ['bob', 'carol'], told, votes })],
  }));
  const { stdout } = await runCli(['approvals'], gateway);
  expect(stdout).toMatch(/could {7}bob, carol\n/u);
  expect(stdout).toMatch(
    /told {8}slack requested at [^\n]* \(C0001\\u\{202E\}, C0002\)\n *told {8}slack escalated at [^\n(]*\n/u,
  );
  expect(stdout).toMatch(/told {8}mail not yet \(refused\\u\{1B\}\[2J\)/u);
  expect(stdout).toMatch(/vote {8}approve by bob at .*, from web with api-key k1 through session:s1\n/u);
});

test('approvals <approval> shows one request with who looked at it, and says that it was looked at in a terminal', async () => {
  const look = {
    principal: 'bob',
    channel: 'web',
    cardDigest: approval().cardDigest,
    firstAt: 1_800_000_000_000,
  } as const;
  const authenticated = 'api-key k1 through session:s1\u001b[2J';
  const looked = [{ ...look, lastAt: 1_800_000_060_000, times: 3, authenticated }];
  const view = approval({ looked });
  const gateway = await gatewayWith(view);
  const { stdout, exit } = await runCli(['approvals', nonce.slice(0, 8)], gateway);
  expect(exit).toBe(0);
  expect(stdout).toMatch(
    /looked {6}bob at .*, 3 times until .*, from web with api-key k1 through session:s1\\u\{1B\}/u,
  );
  expect(gateway.requests.at(-1)?.path).toBe(`/v1/approvals/${nonce}?channel=terminal`);
  expect(JSON.parse((await runCli(['approvals', nonce, '--json'], gateway)).stdout)).toEqual(view);
});

test('approvals <approval> takes no option of the list', async () => {
  const { exit, stderr } = await runCli(['approvals', nonce, '--all'], await gatewayWith());
  expect(exit).not.toBe(0);
  expect(stderr).toContain('Cannot show one request with an option of the list');
});
