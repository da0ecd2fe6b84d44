/** `approvals`, `approve`, `deny`, `reconcile`: nothing is sent that was not shown, confirmed, and bound to the card shown. */
import { describe, expect, test } from 'vitest';
import { digestJson, digestText } from '../../../core/digest.ts';
import { applied, gatewayWith, sent, voteDigest } from './approval-gateway.ts';
import { type FakeGateway, runCli, startFakeGateway } from './run-cli.ts';
import { approval, card, nonce, workflowId } from './views.ts';

describe('approve', () => {
  test('shows the card, asks, and sends the digest of the card that was shown', async () => {
    const gateway = await gatewayWith();
    const { exit, stdout, stderr, asked } = await runCli(['approve', nonce], { ...gateway, answers: ['y'] });
    expect(exit).toBe(0);
    expect(stderr).toContain('Run restart on local');
    expect(stderr).not.toContain('answer with');
    expect(asked).toEqual(['Approve restart on local (risk medium)? [y/N] ']);
    expect(sent(gateway)).toEqual([
      { verdict: 'approve', cardDigest: digestJson('card', card()), channel: 'terminal' },
    ]);
    expect(stdout).toBe('approve of restart: counted; the request is approved\n');
  });

  test.each([nonce.slice(0, 8), `${workflowId}/1.0/1`])('finds the request by %s', async (given) => {
    const gateway = await gatewayWith();
    expect(await runCli(['approve', given, '--yes'], gateway)).toMatchObject({ exit: 0 });
    expect(sent(gateway)).toHaveLength(1);
  });

  test('finds one that is decided, by the beginning of its nonce, so that it can be taken back', async () => {
    const decided = approval({ open: false, outcome: 'approved' });
    const gateway = await gatewayWith(decided);
    gateway.on('GET', '/v1/approvals', ({ path }) => ({ approvals: path.includes('state=all') ? [decided] : [] }));
    gateway.on('POST', `/v1/approvals/${nonce}/withdrawals`, () => ({ ...applied, outcome: null }));
    expect(await runCli(['withdraw', nonce.slice(0, 8)], gateway)).toMatchObject({ exit: 0 });
    expect(sent(gateway)).toEqual([{ channel: 'terminal' }]);
    expect((await runCli(['approve', nonce.slice(0, 8), '--yes'], gateway)).stderr).toContain('it is approved');
    expect(sent(gateway)).toHaveLength(1);
  });

  test('does not take a beginning that fits several requests', async () => {
    const gateway = await gatewayWith();
    const other = approval({ nonce: `${nonce.slice(0, -1)}6` });
    gateway.on('GET', '/v1/approvals', () => ({ approvals: [approval(), other] }));
    const { exit, stderr } = await runCli(['approve', nonce.slice(0, 8), '--yes'], gateway);
    expect(exit).toBe(2);
    expect(stderr).toContain('2 requests begin so');
    expect(sent(gateway)).toEqual([]);
  });

  test('repeats no more than a piece of what was typed, with what hides in it visible', async () => {
    const gateway = await gatewayWith();
    const typed = `\u001b[2J\u202e/${'x'.repeat(5000)}`;
    for (const flags of [[], ['--json']]) {
      const { stdout, stderr } = await runCli(['approve', typed, '--yes', ...flags], gateway);
      const said = `${stdout}${stderr}`;
      expect(said.length).toBeLessThan(500);
      expect(said).toContain('(5006 characters)');
      expect(said).toContain('u{202E}');
      for (const hidden of ['\u001b', '\u202e']) expect(said).not.toContain(hidden);
    }
    expect(sent(gateway)).toEqual([]);
  });

  test('does not take a beginning of fewer than four characters', async () => {
    const gateway = await gatewayWith();
    expect(await runCli(['approve', nonce.slice(0, 3), '--yes'], gateway)).toMatchObject({ exit: 3 });
    expect(sent(gateway)).toEqual([]);
  });

  test.each(['', 'n', 'no', 'yo'])('sends nothing after the answer %j', async (answer) => {
    const gateway = await gatewayWith();
    expect(await runCli(['approve', nonce], { ...gateway, answers: [answer] })).toMatchObject({ exit: 5 });
    expect(sent(gateway)).toEqual([]);
  });

  test.each(['y', 'Y', 'YES', 'Yes', 'ye'])('of critical risk sends nothing after the answer %j', async (answer) => {
    const gateway = await gatewayWith(approval({ card: card({ risk: 'critical' }) }));
    const { exit, asked } = await runCli(['approve', nonce], { ...gateway, answers: [answer] });
    expect(exit).toBe(5);
    expect(asked[0]).toContain('type the word yes');
    expect(sent(gateway)).toEqual([]);
  });

  test('of critical risk is sent after the exact word', async () => {
    const gateway = await gatewayWith(approval({ card: card({ risk: 'critical' }) }));
    expect(await runCli(['approve', nonce], { ...gateway, answers: ['yes'] })).toMatchObject({ exit: 0 });
    expect(sent(gateway)).toHaveLength(1);
  });

  test('refuses where nobody can be asked and --yes was not typed', async () => {
    const gateway = await gatewayWith();
    const { exit, stderr } = await runCli(['approve', nonce], gateway);
    expect(exit).toBe(2);
    expect(stderr).toContain('add --yes');
    expect(sent(gateway)).toEqual([]);
  });

  test('refuses a card that is not the one whose digest the gateway gives', async () => {
    const gateway = await gatewayWith(
      approval({ cardDigest: digestJson('card', card({ arguments: '{"name":"db"}' })) }),
    );
    const { exit, stderr } = await runCli(['approve', nonce, '--yes'], gateway);
    expect(exit).toBe(1);
    expect(stderr).toContain('what to do: countersign errors record-invalid');
    expect(sent(gateway)).toEqual([]);
  });

  test.each([
    ['is closed', approval({ open: false, outcome: 'expired' }), 5, 'it is expired'],
    [
      'is not for the caller',
      approval({ you: { mayAnswer: false, mayDeny: false, reason: 'you asked for it' } }),
      4,
      'you asked for it',
    ],
    [
      'was answered by the caller',
      approval({ you: { mayAnswer: true, mayDeny: true, reason: null, answered: 'approve' } }),
      5,
      'you have answered it (approve)',
    ],
    [
      'was answered and taken back by the caller',
      approval({ you: { mayAnswer: true, mayDeny: true, reason: null, answered: 'withdraw' } }),
      5,
      'you took your approval back, and it stays taken back: you have one vote for a request; others can answer it',
    ],
    ['asks about an outcome', approval({ card: card({ kind: 'reconcile' }) }), 2, 'countersign reconcile'],
    ['demands a reason', approval({ approvers: { ...approval().approvers, reasonRequired: true } }), 2, 'add --reason'],
  ] as const)('asks nobody when the request %s', async (_, view, exit, says) => {
    const gateway = await gatewayWith(view);
    const result = await runCli(['approve', nonce], { ...gateway, answers: ['yes'] });
    expect(result.exit).toBe(exit);
    expect(result.stderr).toContain(says);
    expect(result.asked).toEqual([]);
    expect(sent(gateway)).toEqual([]);
  });

  test('sends no reason that holds a secret', async () => {
    const gateway = await gatewayWith();
    const secret = ['AK', 'IA', 'QYLPMN5HHHFPZAM2'].join('');
    const { exit } = await runCli(['approve', nonce, '--yes', '--reason', `ok ${secret}`], gateway);
    expect(exit).toBe(4);
    expect(gateway.requests).toEqual([]);
  });

  test.each([
    ['applied', 0],
    ['late', 5],
    ['duplicate', 5],
    ['rejected', 4],
  ])('whose vote is %s exits with %i', async (status, exit) => {
    const vote = {
      status,
      outcome: null,
      reason:
        { rejected: 'the card changed', duplicate: 'you had answered it before: deny at noon from slack' }[status] ??
        null,
      voteDigest,
      castAt: 1,
    };
    expect(await runCli(['approve', nonce, '--yes'], await gatewayWith(approval(), vote))).toMatchObject({ exit });
  });

  const by = (principal: string) => {
    const [verdict, channel] = ['approve', 'web'] as const;
    return { principal, verdict, castAt: 1, channel, authenticated: 'key 1' };
  };
  const busy = 'the run takes it up next, after the calls before it in its turn, which still wait or run';
  test.each([
    ['approve', { quorum: 1 }, [], `1 of 1 approval; ${busy}`],
    ['approve', { quorum: 2 }, [], '1 of 2 approvals: more votes are needed'],
    ['approve', { quorum: 2 }, [by('bob')], `2 of 2 approvals; ${busy}`],
    ['deny', { denials: 2 }, [by('bob')], '1 of 2 denials: more votes are needed'],
    ['deny', { quorum: 2 }, [], `1 of 1 denial; ${busy}`],
  ])('a counted %s of a request that is still open says how far it is: %j', async (verdict, terms, votes, says) => {
    const { approvers } = approval();
    const view = approval({ votes, approvers: { ...approvers, denials: 1, ...terms } });
    const gateway = await gatewayWith(view, { ...applied, outcome: null });
    const { exit, stdout } = await runCli([verdict, nonce, '--yes', '--reason', 'seen'], gateway);
    expect(stdout).toBe(`${verdict} of restart: counted; ${says}\n`);
    expect(exit).toBe(0);
  });

  test('a counted approval where groups have seats does not claim that they are filled', async () => {
    const from = { roles: ['lead'], principals: [] };
    const approvers = { ...approval().approvers, thresholds: [{ from, approve: 1 }] };
    const gateway = await gatewayWith(approval({ approvers }), { ...applied, outcome: null });
    const { stdout } = await runCli(['approve', nonce, '--yes'], gateway);
    expect(stdout).toContain('counted; 1 of 1 approval: seats of its groups may still be to fill');
  });

  test.each([
    ['superseded', 'the tool, the policy or what the call acts on changed meanwhile'],
    ['superseded', 'a new one follows'],
    ['expired', 'the request expired before that'],
    ['denied', 'the request is denied'],
    ['withdrawn', 'the run withdrew the request'],
  ])('whose vote was counted for a request that is %s says so and is not done', async (outcome, says) => {
    const gateway = await gatewayWith(approval(), { ...applied, outcome });
    const { exit, stdout } = await runCli(['approve', nonce, '--yes'], gateway);
    expect(exit).toBe(5);
    expect(stdout).toContain('approve of restart: counted; ');
    expect(stdout).toContain(says);
  });

  test('whose vote is only recorded says that the run has not answered', async () => {
    const gateway = await gatewayWith(approval(), { status: 'recorded', voteDigest, castAt: 1 });
    const { exit, stdout } = await runCli(['approve', nonce, '--yes'], gateway);
    expect(exit).toBe(0);
    expect(stdout).toContain('the run has not answered yet');
  });

  test('prints what became of the vote under --json', async () => {
    const { stdout } = await runCli(['approve', nonce, '--yes', '--json'], await gatewayWith());
    expect(JSON.parse(stdout)).toEqual({ nonce, approvalId: `${workflowId}/1.0/1`, verdict: 'approve', ...applied });
  });
});

describe('deny', () => {
  test.each([
    [true, 0],
    [false, 4],
  ])('by somebody who may not approve (may deny: %s) exits with %i', async (mayDeny, exit) => {
    const you = { mayAnswer: false, mayDeny, reason: 'you edited it' };
    const gateway = await gatewayWith(approval({ you }), { ...applied, outcome: 'denied' });
    const result = await runCli(['deny', nonce, '--reason', 'no', '--yes'], gateway);
    expect(result.exit).toBe(exit);
    expect(sent(gateway)).toHaveLength(mayDeny ? 1 : 0);
    expect(result.stderr).toContain(mayDeny ? 'may deny, and not approve' : 'you edited it');
  });

  test('asks nobody when its terms require a reason and none that can be read was given', async () => {
    const gateway = await gatewayWith(approval({ approvers: { ...approval().approvers, reasonRequired: true } }));
    const result = await runCli(['deny', nonce, '--reason', '\u200b'], { ...gateway, answers: ['y'] });
    expect([result.exit, result.stderr]).toEqual([2, expect.stringContaining('add --reason')]);
    expect([result.asked, sent(gateway)]).toEqual([[], []]);
  });

  test('sends the verdict with its reason, whatever the risk, after a y', async () => {
    const gateway = await gatewayWith(approval({ card: card({ risk: 'critical' }) }), {
      ...applied,
      outcome: 'denied',
    });
    const { exit } = await runCli(['deny', nonce, '--reason', 'wrong service'], { ...gateway, answers: ['y'] });
    expect(exit).toBe(0);
    expect(sent(gateway)).toMatchObject([{ verdict: 'deny', reason: 'wrong service', channel: 'terminal' }]);
  });
});

describe('reconcile', () => {
  const view = approval({ card: card({ kind: 'reconcile' }) });

  async function gatewayAsking(): Promise<FakeGateway> {
    const gateway = await gatewayWith(view);
    gateway.on('POST', `/v1/approvals/${nonce}/reconcile`, () => ({ status: 'recorded', sequence: 3, answeredAt: 1 }));
    return gateway;
  }

  test.each([
    ['--happened', 'happened'],
    ['--did-not-happen', 'did-not-happen'],
  ])('%s sends the answer bound to the card', async (flag, answer) => {
    const gateway = await gatewayAsking();
    const { exit, stdout } = await runCli(['reconcile', nonce, flag, '--reason', 'looked', '--yes', '--json'], gateway);
    expect(exit).toBe(0);
    expect(sent(gateway)).toEqual([{ answer, cardDigest: view.cardDigest, reason: 'looked' }]);
    expect(JSON.parse(stdout)).toMatchObject({ nonce, answer, status: 'recorded' });
  });

  test.each([[[]], [['--happened', '--did-not-happen']]])('with %j is wrong usage', async (flags) => {
    const gateway = await gatewayAsking();
    expect(await runCli(['reconcile', nonce, ...flags, '--reason', 'x', '--yes'], gateway)).toMatchObject({ exit: 2 });
    expect(gateway.requests).toEqual([]);
  });

  test('does not answer a request for approval', async () => {
    const gateway = await gatewayWith();
    const { exit } = await runCli(['reconcile', nonce, '--happened', '--reason', 'x', '--yes'], gateway);
    expect(exit).toBe(2);
    expect(sent(gateway)).toEqual([]);
  });
});

describe('inbox', () => {
  const link = { url: 'http://127.0.0.1:7420/inbox#sign-in=abc', expiresAt: 1 };

  test('prints the link alone on standard output', async () => {
    const gateway = await startFakeGateway();
    gateway.on('POST', '/v1/inbox/sign-in-links', () => link);
    const { exit, stdout, stderr } = await runCli(['inbox'], gateway);
    expect([exit, stdout]).toEqual([0, `${link.url}\n`]);
    expect(stderr).toContain('whoever opens it answers as you');
  });

  test('prints one document under --json', async () => {
    const gateway = await startFakeGateway();
    gateway.on('POST', '/v1/inbox/sign-in-links', () => link);
    expect(JSON.parse((await runCli(['inbox', '--json'], gateway)).stdout)).toEqual(link);
  });
});

describe('a card that cuts its arguments', () => {
  const whole = JSON.stringify({ text: 'word '.repeat(2000) });
  const cut = card({ argumentsCut: true, argumentsDigest: digestText('arguments', whole) });

  test('is shown whole before it is approved', async () => {
    const gateway = await gatewayWith(approval({ card: cut }));
    gateway.on('GET', `/v1/approvals/${nonce}/arguments`, () => ({
      nonce,
      argumentsDigest: cut.argumentsDigest,
      arguments: whole,
      shown: whole,
    }));
    const { exit, stderr } = await runCli(['approve', nonce, '--yes'], gateway);
    expect(exit).toBe(0);
    expect(stderr).toContain(whole);
  });

  test('is not approved where the gateway gives other arguments than the card says', async () => {
    const gateway = await gatewayWith(approval({ card: cut }));
    gateway.on('GET', `/v1/approvals/${nonce}/arguments`, () => ({
      nonce,
      argumentsDigest: cut.argumentsDigest,
      arguments: '{}',
      shown: '{}',
    }));
    expect(await runCli(['approve', nonce, '--yes'], gateway)).toMatchObject({ exit: 1 });
    expect(sent(gateway)).toEqual([]);
  });
});

describe('a card that cuts what a dry run says', () => {
  const said = 'would delete a backup; '.repeat(100);
  const body = digestText('body', said);
  const dryRun = { ended: true, text: said.slice(0, 1500), length: said.length, digest: body, body, labels: [], at: 1 };
  const cut = card({ dryRun });

  test('is shown whole before it is approved', async () => {
    const gateway = await gatewayWith(approval({ card: cut }));
    gateway.on('GET', `/v1/approvals/${nonce}/words/dry-run`, () => ({
      nonce,
      about: 'dry-run',
      text: said,
      shown: said,
    }));
    const { exit, stderr } = await runCli(['approve', nonce, '--yes'], gateway);
    expect(exit).toBe(0);
    expect(stderr).toContain(`dry-run, all ${said.length} characters, in the words of the tool:\n  ${said}`);
  });

  test('is not approved where the gateway gives another text than the card says', async () => {
    const gateway = await gatewayWith(approval({ card: cut }));
    gateway.on('GET', `/v1/approvals/${nonce}/words/dry-run`, () => ({
      nonce,
      about: 'dry-run',
      text: 'does nothing',
      shown: 'does nothing',
    }));
    expect(await runCli(['approve', nonce, '--yes'], gateway)).toMatchObject({ exit: 1 });
    expect(sent(gateway)).toEqual([]);
  });
});
