/** `runs`, `show`, `cancel`: what is asked of the gateway and how its answer looks. */
import { expect, test } from 'vitest';
import { makeVisible } from '../../../core/make-visible.ts';
import { timeText } from '../../../cli/show/format.ts';
import { FakeProblem, now, runCli, startFakeGateway } from './run-cli.ts';
import { ended, nonce, runView, waiting, workflowId } from './views.ts';

test('runs lists each run on a line', async () => {
  const gateway = await startFakeGateway();
  const closed = runView({ status: 'closed', outcome: 'refused', dryRun: true });
  gateway.on('GET', '/v1/runs', () => ({ runs: [runView(), closed], nextBefore: `77.${workflowId}` }));
  const { exit, stdout, stderr } = await runCli(['runs', '--limit', '2', '--principal', 'rita'], gateway);
  expect(exit).toBe(0);
  expect(gateway.requests[0]?.path).toBe('/v1/runs?limit=2&principal=rita');
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^RUN +AGENT +STATE +ASKED BY +OPENED$/u);
  expect(lines[1]).toMatch(new RegExp(`^${workflowId}  ops +open +rita +1 min 5 s ago$`, 'u'));
  expect(lines[2]).toMatch(/refused +rita .* dry-run$/u);
  expect(stderr).toContain(`countersign runs --before 77.${workflowId}`);
});

test('runs prints the gateway’s answer under --json', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/runs', () => ({ runs: [runView()], nextBefore: null }));
  expect(JSON.parse((await runCli(['runs', '--json'], gateway)).stdout)).toEqual({
    runs: [runView()],
    nextBefore: null,
  });
});

test('runs says so when there is none', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/runs', () => ({ runs: [], nextBefore: null }));
  const { exit, stdout, stderr } = await runCli(['runs'], gateway);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' });
  expect(stderr).toContain('no run yet');
});

test('show prints state, calls and what the run waits for', async () => {
  const gateway = await startFakeGateway();
  const detail = waiting({
    hold: 'the store does not answer',
    calls: [{ callKey: `${workflowId}/1.0`, tool: 'restart', state: 'waiting', rule: 'changes-ask' }],
  });
  gateway.on('GET', `/v1/runs/${workflowId}`, () => detail);
  const { exit, stdout } = await runCli(['show', workflowId], gateway);
  expect(exit).toBe(0);
  expect(stdout).toContain('waiting-for-approval');
  expect(stdout).toContain('opened  2026-03-04T05:05:02Z');
  expect(stdout).toMatch(/ {2}1\.0 {2}restart {2}waiting {2}changes-ask/u);
  expect(stdout).toContain('holds: the store does not answer');
  expect(stdout).toMatch(new RegExp(`${nonce.slice(0, 8)} {2}restart {2}approval {2}1 min 30 s left`, 'u'));
});

test('show prints the outcome and last words of an ended run', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ended('completed', 'All is well'));
  const { stdout } = await runCli(['show', workflowId], gateway);
  expect(stdout).toContain('completed after 2 turns and 1 call\nAll is well\n');
});

test.each([
  ['closed', 'ended', 'never'],
  ['running', 'open', 'by no worker yet'],
])('show of a run that no worker opened, and that Temporal calls %s: %s, opened %s', async (engine, state, opened) => {
  const gateway = await startFakeGateway();
  const run = runView({ openedAt: null });
  const failure = { code: 'input-refused', message: 'guard mine found it' };
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ({ ...waiting(), run, engine, live: null, failure }));
  const { stdout } = await runCli(['show', workflowId], gateway);
  expect(stdout).toMatch(new RegExp(`state +${state}\\n +opened +${opened}\\n`, 'u'));
});

test('show prints once what the gateway made visible, and hides nothing that it did not', async () => {
  const gateway = await startFakeGateway();
  const said = makeVisible('\u001b[31m\u202eRED \\u{1B}\nб');
  const refusal = { callKey: `${workflowId}/1.1`, tool: said, rule: 'denied', reason: said, outcome: null, at: now };
  const trouble = [{ activity: said, attempt: 2, reason: `${said}\u001b[2J`, nextAttemptAt: null }];
  const failure = { code: 'model-refused', message: said };
  const detail = { ...ended('failed'), refusals: [refusal], trouble, failure };
  gateway.on('GET', `/v1/runs/${workflowId}`, () => detail);
  const { stdout } = await runCli(['show', workflowId], gateway);
  expect(stdout.split(said)).toHaveLength(6);
  expect(stdout).toContain(`${said}\\u{1B}[2J`);
  expect(stdout).not.toContain('\u001b');
});

test('show says which calls were refused, by which rule and why', async () => {
  const gateway = await startFakeGateway();
  const refusal = { callKey: `${workflowId}/1.1`, tool: 'drop', rule: 'never', reason: 'not here', at: now };
  const refusals = [
    { ...refusal, outcome: null },
    { ...refusal, callKey: `${workflowId}/2.0`, outcome: 'expired' },
  ];
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ({ ...ended('completed'), refusals }));
  const { stdout } = await runCli(['show', workflowId], gateway);
  expect(stdout).toContain(`refused\n  1.1  drop  refused  ${timeText(now)}  never: not here\n`);
  expect(stdout).toContain(`  2.0  drop  expired  ${timeText(now)}  never: not here\n`);
  const many = Array.from({ length: 23 }, () => refusals[0]);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ({ ...ended('completed'), refusals: many }));
  expect((await runCli(['show', workflowId], gateway)).stdout).toContain('refused\n  3 before these: --json\n');
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ({ ...ended('completed'), refusals: null }));
  expect((await runCli(['show', workflowId], gateway)).stdout).toContain('a stored denial was changed');
});

test('show says what fails and is tried again', async () => {
  const gateway = await startFakeGateway();
  const trouble = [{ activity: 'asking the model', attempt: 3, reason: 'fetch failed', nextAttemptAt: now + 8000 }];
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ({ ...waiting(), trouble }));
  const { stdout } = await runCli(['show', workflowId], gateway);
  expect(stdout).toContain('  asking the model fails and is tried again (try 3 in 8 s): fetch failed\n');
});

test('show says why a run failed', async () => {
  const gateway = await startFakeGateway();
  const failure = { code: 'model-refused', message: 'the model answered 400' };
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ({ ...ended('failed'), result: null, failure }));
  const { stdout } = await runCli(['show', workflowId], gateway);
  expect(stdout).toContain('  why: the model answered 400 (model-refused)\n');
});

test('show prints the gateway’s answer under --json', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', `/v1/runs/${workflowId}`, () => waiting());
  expect(JSON.parse((await runCli(['show', workflowId, '--json'], gateway)).stdout)).toEqual(waiting());
});

test('cancel sends its reason and says that the run was asked to end', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', `/v1/runs/${workflowId}`, () => waiting());
  gateway.on('POST', `/v1/runs/${workflowId}/cancel`, () => ({ workflowId, status: 'requested' }));
  const { exit, stdout } = await runCli(['cancel', workflowId, '--reason', 'wrong service'], gateway);
  expect(exit).toBe(0);
  expect(stdout).toContain(`${workflowId}: asked to end`);
  expect(gateway.requests.at(-1)?.body).toEqual({ reason: 'wrong service' });
});

test('cancel --force says that the run was ended', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', `/v1/runs/${workflowId}`, () => waiting());
  gateway.on('POST', `/v1/runs/${workflowId}/cancel`, () => ({ workflowId, status: 'terminated' }));
  const { exit, stdout } = await runCli(['cancel', workflowId, '--force', '--reason', 'stuck'], gateway);
  expect(exit).toBe(0);
  expect(stdout).toContain(`${workflowId}: ended`);
  expect(gateway.requests.at(-1)?.body).toEqual({ reason: 'stuck', force: true });
});

test('cancel without a reason is wrong usage and sends nothing', async () => {
  const gateway = await startFakeGateway();
  expect(await runCli(['cancel', workflowId], gateway)).toMatchObject({ exit: 2 });
  expect(gateway.requests).toEqual([]);
});

test('cancel sends no reason that holds a secret', async () => {
  const gateway = await startFakeGateway();
  const secret = ['AK', 'IA', 'QYLPMN5HHHFPZAM2'].join('');
  expect(await runCli(['cancel', workflowId, '--reason', secret], gateway)).toMatchObject({ exit: 4 });
  expect(gateway.requests).toEqual([]);
});

test('cancel is sent while watchers of the same key have used up its looks', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', `/v1/runs/${workflowId}`, () => new FakeProblem(429, 'rate-limited', 50));
  gateway.on('POST', `/v1/runs/${workflowId}/cancel`, () => ({ workflowId, status: 'requested' }));
  expect(await runCli(['cancel', workflowId, '--reason', 'wrong service'], gateway)).toMatchObject({ exit: 0 });
  expect(gateway.requests.at(-1)?.body).toEqual({ reason: 'wrong service' });
});

test('cancel of a run that has ended is a conflict that says how, and sends nothing', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ended('completed'));
  const { exit, stderr } = await runCli(['cancel', workflowId, '--reason', 'too late'], gateway);
  expect(exit).toBe(5);
  expect(stderr).toContain('it has ended (completed)');
  expect(gateway.requests.map(({ method }) => method)).toEqual(['GET']);
});

test.each([['show'], ['watch'], ['replay'], ['cancel', '--reason', 'x'], ['approvals', '--run']])(
  '%s of what is no run id says so and asks nobody',
  async (command, ...more) => {
    const gateway = await startFakeGateway();
    const { exit, stderr } = await runCli([command, ...more, 'run-x'], gateway);
    expect(exit).toBe(2);
    expect(stderr).toContain('run "run-x": it is no run id');
    expect(gateway.requests).toEqual([]);
  },
);

test('a command that is stopped while it waits for an answer is left at once', async () => {
  const gateway = await startFakeGateway();
  const stop = new AbortController();
  gateway.on('GET', '/v1/runs', () => {
    stop.abort('SIGINT');
    return new Promise(() => undefined);
  });
  expect(await runCli(['runs'], { ...gateway, stop: stop.signal })).toMatchObject({ exit: 130, stdout: '' });
});
