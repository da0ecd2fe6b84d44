/** `countersign watch --approve`: what waits for the caller, one card after the other, answered by a letter as it comes. */
import { describe, expect, test } from 'vitest';
import { applied, inboxOf, sent } from './approval-gateway.ts';
import { type FakeGateway, FakeProblem, runCli } from './run-cli.ts';
import { approval, card, ended, nonce, waiting, workflowId } from './views.ts';

describe('watch --approve', () => {
  const second = 'bbcdef12-2222-4333-8444-555555555555';

  function votedFor({ requests }: FakeGateway): (string | undefined)[] {
    return requests.filter(({ method }) => method === 'POST').map(({ path }) => path.split('/')[3]);
  }

  /** Ends with the first pause, as Ctrl-C would. */
  async function answering(gateway: FakeGateway, answers: string[]): ReturnType<typeof runCli> {
    const stop = new AbortController();
    return await runCli(['watch', '--approve'], {
      ...gateway,
      answers,
      stop: stop.signal,
      onPause: () => stop.abort(),
    });
  }

  test('asks for each request that the caller may answer, and sends what was chosen', async () => {
    const gateway = await inboxOf(approval(), approval({ nonce: second }));
    const { exit, stderr } = await answering(gateway, ['a', 'd', 'not today']);
    expect(exit).toBe(130);
    expect(gateway.requests[0]?.path).toContain('mayAnswer=true');
    expect(sent(gateway)).toEqual([
      { verdict: 'approve', cardDigest: approval().cardDigest, channel: 'terminal' },
      { verdict: 'deny', cardDigest: approval().cardDigest, channel: 'terminal', reason: 'not today' },
    ]);
    expect(stderr.match(/^Run restart on local$/gm)).toHaveLength(2);
  });

  test.each(['s', '', 'yes', 'x'])('%j sends nothing', async (letter) => {
    const gateway = await inboxOf(approval());
    expect((await answering(gateway, [letter])).exit).toBe(130);
    expect(sent(gateway)).toEqual([]);
  });

  test('asks again for what is no letter of its own, and says what was typed', async () => {
    const gateway = await inboxOf(approval());
    const answers = ['approve', 'yes', '\u001b[2Jа', 'a'];
    const { stderr, asked } = await answering(gateway, answers);
    expect(asked).toHaveLength(4);
    expect(stderr).toContain('"approve" is none of these; nothing was sent');
    expect(stderr).not.toContain('\u001b[2J');
    expect(sent(gateway)).toHaveLength(1);
  });

  test('q ends it, whatever else waits', async () => {
    const gateway = await inboxOf(approval(), approval({ nonce: second }));
    const { asked } = await answering(gateway, ['q', 'a']);
    expect(asked).toHaveLength(1);
    expect(sent(gateway)).toEqual([]);
  });

  test.each([
    ['y', 0],
    ['YES', 0],
    ['yes', 1],
  ])('what is critical takes %j %i times', async (word, votes) => {
    const critical = approval({ card: card({ risk: 'critical' }) });
    const gateway = await inboxOf(critical);
    const { exit } = await answering(gateway, ['a', word]);
    expect(exit).toBe(130);
    expect(sent(gateway)).toHaveLength(votes);
  });

  test('a request that somebody else answered meanwhile is said, and the next one is asked for', async () => {
    const gateway = await inboxOf(approval(), approval({ nonce: second }));
    gateway.on('POST', `/v1/approvals/${nonce}/votes`, () => {
      gateway.on('GET', `/v1/approvals/${nonce}`, () => approval({ open: false, outcome: 'denied' }));
      return new FakeProblem(409, 'conflict');
    });
    const { exit, stderr } = await answering(gateway, ['a', 'a']);
    expect(exit).toBe(130);
    expect(stderr).toContain('Cannot: conflict');
    expect(votedFor(gateway)).toEqual([nonce, second]);
  });

  const reasoned = approval({ approvers: { ...approval().approvers, reasonRequired: true } });

  test.each(['a', 'd'])('%s asks again for a reason that its terms require, and says that they do', async (letter) => {
    const gateway = await inboxOf(reasoned);
    const { exit, stderr, asked } = await answering(gateway, [letter, ' ', 'looked at it']);
    expect(exit).toBe(130);
    expect(asked.slice(1)).toEqual(Array(2).fill('Why (its terms require a reason): '));
    expect(stderr).toContain('its terms require one; nothing was sent');
    expect(stderr).not.toContain('--reason');
    expect(sent(gateway)).toMatchObject([{ reason: 'looked at it' }]);
  });

  test.each(['a', 'd'])('%s without a reason twice is back at the letters, and the inbox goes on', async (letter) => {
    const gateway = await inboxOf(reasoned, approval({ nonce: second }));
    const { exit, asked } = await answering(gateway, [letter, '', '\u200b', 's', 'a']);
    expect(exit).toBe(130);
    expect(asked).toHaveLength(5);
    expect(votedFor(gateway)).toEqual([second]);
  });

  test.each([
    ['a secret', ['d', `it is ghp_${'a1B2'.repeat(9)}`, 'd', 'not today']],
    ['a control character', ['d', 'red \u001b[31m', 'd', 'not today']],
  ])('asks about the same request again after %s in the reason', async (_, answers) => {
    const gateway = await inboxOf(approval());
    const { exit, asked, stderr } = await answering(gateway, answers);
    expect([exit, asked.length]).toEqual([130, 4]);
    expect(stderr.match(/^Run restart on local$/gm)).toHaveLength(1);
    expect(sent(gateway)).toMatchObject([{ verdict: 'deny', reason: 'not today' }]);
  });

  test('asks about the same request again after what the gateway refused to read, and shows a card that changed', async () => {
    const gateway = await inboxOf(approval());
    gateway.on('POST', `/v1/approvals/${nonce}/votes`, ({ body }) => {
      const { reason } = body as { reason: string };
      if (reason.length <= 2000) return applied;
      gateway.on('GET', `/v1/approvals/${nonce}`, () => approval({ card: card({ risk: 'low' }) }));
      return new FakeProblem(400, 'input-invalid');
    });
    const { exit, stderr } = await answering(gateway, ['d', 'x'.repeat(2001), 'd', 'no']);
    expect(exit).toBe(130);
    expect(stderr.match(/^Run restart on local$/gm)).toHaveLength(2);
    expect(sent(gateway)).toHaveLength(2);
  });

  test('asks about the same request again after a wrong word, and takes the right one', async () => {
    const gateway = await inboxOf(approval({ card: card({ risk: 'critical' }) }));
    const { exit } = await answering(gateway, ['a', 'YES', 'a', 'yes']);
    expect(exit).toBe(130);
    expect(sent(gateway)).toHaveLength(1);
  });

  test('a request that cannot be looked at any more is said and passed over', async () => {
    const gateway = await inboxOf(approval(), approval({ nonce: second }));
    gateway.on('POST', `/v1/approvals/${nonce}/votes`, () => {
      gateway.on('GET', `/v1/approvals/${nonce}`, () => new FakeProblem(403, 'forbidden'));
      return new FakeProblem(403, 'forbidden');
    });
    const { exit } = await answering(gateway, ['a', 'a']);
    expect(exit).toBe(130);
    expect(votedFor(gateway)).toEqual([nonce, second]);
  });

  test('Ctrl-C shows no further card', async () => {
    const gateway = await inboxOf(approval(), approval({ nonce: second }));
    const stop = new AbortController();
    gateway.on('POST', `/v1/approvals/${nonce}/votes`, () => {
      stop.abort();
      return applied;
    });
    const world = { ...gateway, answers: ['a', 'a'], stop: stop.signal };
    expect(await runCli(['watch', '--approve'], world)).toMatchObject({ exit: 130 });
    expect(votedFor(gateway)).toEqual([nonce]);
  });

  test('of one run asks about that run alone, and ends with it', async () => {
    const gateway = await inboxOf(approval());
    const looks = [waiting(), ended('refused'), ended('refused')];
    gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
    const world = { ...gateway, answers: ['d', 'no'] };
    const { exit, stdout, asked } = await runCli(['watch', workflowId, '--approve'], world);
    expect(gateway.requests[0]?.path).toContain(`workflowId=${workflowId}`);
    expect(asked).toHaveLength(2);
    expect(stdout).toContain('All done');
    expect(exit).toBe(4);
  });

  test('without a run and without --approve there is nothing to watch', async () => {
    const { exit, stderr } = await runCli(['watch'], await inboxOf());
    expect([exit, stderr]).toEqual([2, expect.stringContaining('expected its id or --approve')]);
  });

  test.each([[[]], [[approval()]]])('is refused where nobody can be asked, and beside --json', async (views) => {
    const gateway = await inboxOf(...views);
    expect(await runCli(['watch', '--approve'], gateway)).toMatchObject({ exit: 2 });
    expect(await runCli(['watch', '--approve', '--json'], { ...gateway, answers: ['a'] })).toMatchObject({
      exit: 2,
    });
    expect(sent(gateway)).toEqual([]);
  });

  test('--watch asks for each once, and q ends it', async () => {
    const gateway = await inboxOf(approval());
    const { exit, asked } = await runCli(['watch', '--approve'], {
      ...gateway,
      onPause: () => {
        gateway.on('GET', '/v1/approvals', () => ({ approvals: [approval(), approval({ nonce: second })] }));
        gateway.on('GET', `/v1/approvals/${second}`, () => approval({ nonce: second }));
      },
      answers: ['s', 'q'],
    });
    expect([exit, asked.length]).toEqual([0, 2]);
  });
});
