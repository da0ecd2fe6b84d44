/** `countersign watch --approve`: what waits for the caller, one card after the other, answered by a letter as it comes. */
import { describe, expect, test } from 'vitest';
import { applied, sent } from './approval-gateway.ts';
import { type FakeGateway, FakeProblem, runCli, startFakeGateway } from './run-cli.ts';
import { approval, card, ended, nonce, waiting, workflowId } from './views.ts';

describe('watch --approve', () => {
  const second = 'bbcdef12-2222-4333-8444-555555555555';

  async function inboxOf(...views: ReturnType<typeof approval>[]): Promise<FakeGateway> {
    const gateway = await startFakeGateway();
    gateway.on('GET', '/v1/approvals', () => ({ approvals: views }));
    for (const view of views) {
      gateway.on('GET', `/v1/approvals/${view.nonce}`, () => view);
      gateway.on('POST', `/v1/approvals/${view.nonce}/votes`, () => applied);
    }
    return gateway;
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
    gateway.on('POST', `/v1/approvals/${nonce}/votes`, () => new FakeProblem(409, 'conflict'));
    const { exit } = await answering(gateway, ['a', 'a']);
    expect(exit).toBe(130);
    expect(sent(gateway)).toHaveLength(2);
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
