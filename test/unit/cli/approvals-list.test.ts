/** `countersign approvals`: what waits is shown whole, with what to type next; `--watch` goes on from there. */
import { describe, expect, test } from 'vitest';
import { gatewayWith, sent } from './approval-gateway.ts';
import { type FakeGateway, FakeProblem, runCli } from './run-cli.ts';
import { approval, card, nonce, workflowId } from './views.ts';

describe('approvals', () => {
  test('shows the card and what to type', async () => {
    const { exit, stdout } = await runCli(['approvals'], await gatewayWith());
    expect(exit).toBe(0);
    expect(stdout).toContain('Run restart on local\n');
    expect(stdout).toContain('time left   1 min 30 s');
    expect(stdout).toContain(`countersign approve ${nonce.slice(0, 8)}`);
    expect(stdout).not.toContain('the gateway’s own rendering');
  });

  test('says of an approval that it counts for nothing, and does not count it', async () => {
    const vote = {
      principal: 'eve-admin',
      verdict: 'approve' as const,
      castAt: 1,
      channel: 'web' as const,
      authenticated: 'api-key k',
    };
    const votes = [
      { ...vote, principal: 'eve' },
      { ...vote, uncounted: 'the same person approved it as \u001b[2Jeve' },
    ];
    const { stdout } = await runCli(['approvals'], await gatewayWith(approval({ votes })));
    expect(stdout).toContain('1 of 1 approvals so far');
    expect(stdout).toContain('COUNTS FOR NOTHING: the same person approved it as \\u{1B}[2Jeve\n');
    expect(stdout.match(/COUNTS FOR NOTHING/g)).toHaveLength(1);
  });

  test('--csv writes a row for each, and no formula that an agent wrote', async () => {
    const hostile = { arguments: '=cmd|calc\n"x"' };
    const gateway = await gatewayWith(approval({ card: card(hostile), outcome: 'denied', open: false }));
    const { exit, stdout, stderr } = await runCli(['approvals', '--csv'], gateway);
    expect(stderr).toBe('');
    expect(exit).toBe(0);
    const [head, row, ...more] = stdout.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(head).toMatch(/^"request","run","tool","arguments","cut",/u);
    expect(row).toContain(String.raw`,"'=cmd|calc\n""x""",`);
    expect(row).toContain(',"denied",');
    for (const other of ['--json', '--watch', nonce])
      expect((await runCli(['approvals', '--csv', other], gateway)).exit).toBe(2);
  });

  test('prints one document under --json', async () => {
    const { stdout } = await runCli(['approvals', '--json'], await gatewayWith());
    expect(JSON.parse(stdout)).toEqual({ approvals: [approval()] });
  });

  test('asks for what the options say', async () => {
    const gateway = await gatewayWith();
    await runCli(['approvals', '--all', '--run', workflowId, '--limit', '7'], gateway);
    expect(gateway.requests[0]?.path).toBe(`/v1/approvals?state=all&limit=7&workflowId=${workflowId}`);
  });

  test('says that there may be more, and asks for what is one’s own to answer', async () => {
    const gateway = await gatewayWith();
    gateway.on('GET', '/v1/approvals', () => ({ approvals: [approval()], more: true }));
    const { stderr } = await runCli(['approvals', '--mine'], gateway);
    expect(gateway.requests[0]?.path).toContain('mayAnswer=true');
    expect(stderr).toContain('There may be more than these 1: --limit up to 200, --mine, or --run');
    expect(JSON.parse((await runCli(['approvals', '--json'], gateway)).stdout)).toMatchObject({ more: true });
    const { stderr: sought } = await runCli(['approve', 'ffff', '--yes'], gateway);
    expect(sought).toContain('more are open than were looked through, so type the whole nonce');
  });

  test('--watch shows each request once and ends when stopped', async () => {
    const gateway = await gatewayWith();
    const stop = new AbortController();
    let looks = 0;
    gateway.on('GET', '/v1/approvals', () => {
      looks += 1;
      if (looks === 2) stop.abort();
      return { approvals: [approval()] };
    });
    const { exit, stdout } = await runCli(['approvals', '--watch', '--json'], { ...gateway, stop: stop.signal });
    expect(exit).toBe(130);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });

  test('--watch looks ever more rarely while nothing comes, and comes back when the gateway says', async () => {
    const gateway = await gatewayWith();
    const stop = new AbortController();
    const answers: unknown[] = [
      { approvals: [approval()] },
      { approvals: [approval()] },
      new FakeProblem(429, 'rate-limited', 40),
    ];
    gateway.on('GET', '/v1/approvals', () => answers.shift());
    const pauses: number[] = [];
    const onPause = (ms: number) => {
      pauses.push(ms);
      if (answers.length === 0) stop.abort();
    };
    const { exit } = await runCli(['approvals', '--watch'], { ...gateway, stop: stop.signal, onPause });
    expect(exit).toBe(130);
    expect(pauses).toEqual([1000, 2000, 40_000]);
  });
});

describe('a request that somebody changed in the database', () => {
  const changed = {
    nonce: 'fbcdef12-2222-4333-8444-555555555555',
    approvalId: `${workflowId}/9.0/1\u001b[2J`,
    workflowId: `${workflowId}; rm -rf x`,
    part: 'vote',
    problem: 'a stored vote of it is not what this gateway signed',
  };

  async function gatewayOf(...views: ReturnType<typeof approval>[]): Promise<FakeGateway> {
    const gateway = await gatewayWith();
    gateway.on('GET', '/v1/approvals', () => ({ approvals: views, unreadable: [changed] }));
    return gateway;
  }

  test('is named, with why nobody answers it, beside the others', async () => {
    const { exit, stdout } = await runCli(['approvals'], await gatewayOf(approval()));
    expect(exit).toBe(0);
    expect(stdout).toContain(`UNREADABLE ${workflowId}/9.0/1\\u{1B}[2J\n`);
    expect(stdout).toContain('a stored vote of it is not what this gateway signed');
    expect(stdout).toContain('Run restart on local\n');
    // What a changed row says becomes no part of a command.
    expect(stdout).not.toContain('countersign cancel');
  });

  test('is not said to be nothing', async () => {
    const { stderr } = await runCli(['approvals'], await gatewayOf());
    expect(stderr).not.toContain('Nothing waits');
  });

  test('is part of the document under --json', async () => {
    const { stdout } = await runCli(['approvals', '--json'], await gatewayOf());
    expect(JSON.parse(stdout)).toEqual({ approvals: [], unreadable: [changed] });
  });

  test('is shown once while --watch goes on', async () => {
    const gateway = await gatewayOf();
    const stop = new AbortController();
    let looks = 0;
    gateway.on('GET', '/v1/approvals', () => {
      looks += 1;
      if (looks === 2) stop.abort();
      return { approvals: [], unreadable: [changed] };
    });
    const { stdout } = await runCli(['approvals', '--watch'], { ...gateway, stop: stop.signal });
    expect(stdout.match(/UNREADABLE/g)).toHaveLength(1);
  });

  test('is named as such to whoever approves it by the beginning of its nonce', async () => {
    const gateway = await gatewayOf(approval());
    const { exit, stderr } = await runCli(['approve', changed.nonce.slice(0, 8), '--yes'], gateway);
    expect(exit).toBe(1);
    expect(stderr).toContain('a stored vote of it is not what this gateway signed');
    expect(sent(gateway)).toEqual([]);
  });
});

describe('what to type next', () => {
  test('names the state folder and the gateway that were named on this line, as a shell takes them', async () => {
    const gateway = await gatewayWith();
    const url = String(gateway.environment['COUNTERSIGN_URL']);
    const environment = { ...gateway.environment, COUNTERSIGN_URL: undefined };
    const line = ['approvals', '--state', "/tmp/o'brien", '--url', url];
    const { stdout } = await runCli(line, { ...gateway, environment });
    const flags = `--state '/tmp/o'\\''brien' --url ${url}`;
    expect(stdout).toContain(`countersign approve ${nonce.slice(0, 8)} ${flags}`);
    expect(stdout).toContain(`countersign deny ${nonce.slice(0, 8)} --reason "…" ${flags}`);
  });

  test('names neither where none was named', async () => {
    const { stdout } = await runCli(['approvals'], await gatewayWith());
    expect(stdout).toContain(`countersign approve ${nonce.slice(0, 8)}   or`);
  });
});
