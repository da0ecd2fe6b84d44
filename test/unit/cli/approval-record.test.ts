/** What the terminal says of a request besides its card: who could answer, who was told, where each vote came from. */
import { expect, test } from 'vitest';
import { startFakeGateway, runCli } from './run-cli.ts';
import { approval } from './views.ts';

test('approvals say who could answer, what channels were told, and where each vote came from', async () => {
  const gateway = await startFakeGateway();
  const vote = { principal: 'bob', verdict: 'approve' as const, castAt: 1_800_000_000_000, channel: 'web' as const };
  const told = [
    { channel: 'slack', at: 1_800_000_000_000, remindedAt: null, problem: null },
    { channel: 'mail', at: null, remindedAt: null, problem: 'refused\u001b[2J' },
  ];
  const votes = [{ ...vote, authenticated: 'api-key k1 through session:s1' }];
  gateway.on('GET', '/v1/approvals', () => ({
    approvals: [approval({ couldAnswer: ['bob', 'carol'], told, votes })],
  }));
  const { stdout } = await runCli(['approvals'], gateway);
  expect(stdout).toMatch(/could {7}bob, carol\n/u);
  expect(stdout).toMatch(/told {8}slack at .*\n *told {8}mail not yet \(refused\\u\{1B\}\[2J\)/u);
  expect(stdout).toMatch(/vote {8}approve by bob at .*, from web with api-key k1 through session:s1\n/u);
});
