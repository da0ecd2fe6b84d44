/** `deny --stop`, `withdraw`, and approvals whose terms want a fresh confirmation: nothing is sent that nobody typed. */
import { describe, expect, test } from 'vitest';
import { applied, gatewayWith, sent } from './approval-gateway.ts';
import { runCli } from './run-cli.ts';
import { approval, nonce } from './views.ts';

describe('deny --stop', () => {
  test('sends that the run ends, too', async () => {
    const gateway = await gatewayWith(approval(), { ...applied, outcome: 'denied' });
    const denial = ['deny', nonce.slice(0, 8), '--reason', 'it goes wrong', '--stop', '--yes'];
    expect((await runCli(denial, gateway)).exit).toBe(0);
    expect(sent(gateway)).toMatchObject([{ verdict: 'deny', stop: true }]);
  });
});

describe('approve where the terms want it confirmed afresh', () => {
  const { approvers } = approval();
  const view = approval({ approvers: { ...approvers, confirmation: 'restart' } });

  test('sends the word that was typed', async () => {
    const gateway = await gatewayWith(view);
    expect((await runCli(['approve', nonce.slice(0, 8)], { ...gateway, answers: ['yes'] })).exit).toBe(0);
    expect(sent(gateway)).toMatchObject([{ confirmation: 'yes' }]);
  });

  test.each([[[]], [['y']]])('takes no --yes for the word, with the answers %j', async (answers) => {
    const gateway = await gatewayWith(view);
    const asked = answers.length === 0 ? gateway : { ...gateway, answers };
    expect((await runCli(['approve', nonce.slice(0, 8), '--yes'], asked)).exit).not.toBe(0);
    expect(sent(gateway)).toEqual([]);
  });

  test.each(['y', 'YES'])('sends nothing after the answer "%s"', async (answer) => {
    const gateway = await gatewayWith(view);
    expect((await runCli(['approve', nonce.slice(0, 8)], { ...gateway, answers: [answer] })).exit).not.toBe(0);
    expect(sent(gateway)).toEqual([]);
  });
});

describe('withdraw', () => {
  test.each<[string, object, number, string]>([
    ['counted', { ...applied, outcome: null }, 0, 'withdrawn; it does not count any more'],
    ['a duplicate', { ...applied, status: 'duplicate', outcome: null }, 0, 'you had withdrawn it before'],
    ['too late', { ...applied, status: 'late', outcome: null }, 5, 'what has started is not undone'],
  ])('says that it was %s', async (_, answer, exit, words) => {
    const gateway = await gatewayWith();
    gateway.on('POST', `/v1/approvals/${nonce}/withdrawals`, () => answer);
    const result = await runCli(['withdraw', nonce.slice(0, 8), '--reason', 'the wrong card'], gateway);
    expect(result.exit).toBe(exit);
    expect(result.stdout).toContain(words);
    expect(sent(gateway)).toEqual([{ channel: 'terminal', reason: 'the wrong card' }]);
  });
});
