/** `run` and `watch`: what is sent, what is shown on the way, how they end. */
import { expect, test } from 'vitest';
import { FakeProblem, now, runCli, startFakeGateway } from './run-cli.ts';
import { approval, ended, linkRunId, live, nonce, runView, unended, waiting, workflowId } from './views.ts';

const started = { workflowId, linkRunId, repeated: false };

test('run --no-wait starts the run with the caller’s key and prints its id alone', async () => {
  const gateway = await startFakeGateway();
  gateway.on('POST', '/v1/runs', () => started);
  const { exit, stdout } = await runCli(['run', 'ops', 'restart it', '--no-wait'], gateway);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${workflowId}\n` });
  expect(gateway.requests).toEqual([
    {
      method: 'POST',
      path: '/v1/runs',
      authorization: `Bearer ${gateway.environment['COUNTERSIGN_API_KEY']}`,
      body: { agent: 'ops', input: 'restart it', dryRun: false },
    },
  ]);
});

test('run --no-wait --json prints one document', async () => {
  const gateway = await startFakeGateway();
  gateway.on('POST', '/v1/runs', () => started);
  const { stdout } = await runCli(['run', 'ops', 'x', '--no-wait', '--json'], gateway);
  expect(JSON.parse(stdout)).toEqual({ workflowId, linkRunId });
});

test('run --dry-run --on-behalf-of sends both', async () => {
  const gateway = await startFakeGateway();
  gateway.on('POST', '/v1/runs', () => started);
  await runCli(['run', 'ops', 'x', '--no-wait', '--dry-run', '--on-behalf-of', 'olga'], gateway);
  expect(gateway.requests[0]?.body).toEqual({ agent: 'ops', input: 'x', dryRun: true, onBehalfOf: 'olga' });
});

test('run sends nothing when its text holds a secret, and does not repeat it', async () => {
  const gateway = await startFakeGateway();
  const secret = ['AK', 'IA', 'QYLPMN5HHHFPZAM2'].join('');
  const { exit, stdout, stderr } = await runCli(['run', 'ops', `use ${secret} please`], gateway);
  expect(exit).toBe(4);
  expect(stdout).toBe('');
  expect(stderr).toContain('what to do: countersign errors input-refused');
  expect(stderr).not.toContain(secret);
  expect(gateway.requests).toEqual([]);
});

test('run shows turns, calls and what to type for an approval, and prints the last words as the result', async () => {
  const gateway = await startFakeGateway();
  const looks = [
    { run: runView(), engine: 'running', live: live(), ...unended },
    waiting({ calls: [{ callKey: `${workflowId}/1.0`, tool: 'restart', state: 'waiting', rule: 'changes-ask' }] }),
    ended('completed', 'Restarted'),
  ];
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  const { exit, stdout, stderr } = await runCli(['run', 'ops', 'x'], gateway);
  expect(exit).toBe(0);
  expect(stdout).toBe('Restarted\n');
  expect(stderr).toContain('05:06:07 turn 1\n');
  expect(stderr).toContain('call restart: waiting (changes-ask)');
  expect(stderr).toContain(
    'waiting for approval of restart until 2026-03-04T05:07:37Z (1 min 30 s left, silence denies)',
  );
  expect(stderr).toContain(`countersign approve ${nonce.slice(0, 8)}\n`);
  expect(stderr).toContain(`countersign replay ${workflowId}`);
});

test.each([
  ['completed', 0],
  ['refused', 4],
  ['cancelled', 5],
  ['limit-reached', 5],
  ['failed', 1],
] as const)('run of an agent that ends %s exits with %i and one JSON document', async (outcome, exit) => {
  const gateway = await startFakeGateway();
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ended(outcome));
  const result = await runCli(['run', 'ops', 'x', '--json'], gateway);
  expect(result.exit).toBe(exit);
  expect(JSON.parse(result.stdout)).toEqual({
    workflowId,
    outcome,
    text: 'All done',
    turns: 2,
    calls: 1,
    failure: null,
  });
});

test('run that is interrupted leaves the run running and says so', async () => {
  const gateway = await startFakeGateway();
  const stop = new AbortController();
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => {
    stop.abort('SIGINT');
    return waiting();
  });
  const { exit, stderr } = await runCli(['run', 'ops', 'x'], { ...gateway, stop: stop.signal });
  expect(exit).toBe(130);
  expect(stderr).toContain(`the run goes on. Watch it again: countersign watch ${workflowId}`);
  expect(gateway.requests.map(({ method }) => method)).not.toContain('DELETE');
});

test('run waits for a gateway that is out of reach for a while', async () => {
  const gateway = await startFakeGateway();
  const looks: unknown[] = [waiting(), new FakeProblem(503, 'store-unavailable'), ended('completed')];
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  const { exit, stderr } = await runCli(['run', 'ops', 'x'], gateway);
  expect(exit).toBe(0);
  expect(stderr).toContain('out of reach, trying again (store-unavailable)');
});

test.each([
  ['expired', 'approval of restart is expired: nobody answered in time, and silence denies (abcdef12)'],
  ['denied', 'approval of restart is denied (abcdef12)'],
  ['approved', 'approval of restart is approved (abcdef12)'],
  ['superseded', 'approval of restart is superseded (abcdef12)'],
] as const)('run says of a request that ended %s how it ended', async (outcome, says) => {
  const gateway = await startFakeGateway();
  const looks = [waiting(), waiting({ approvals: [] }), ended('completed')];
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  gateway.on('GET', '/v1/approvals', () => ({ approvals: [approval({ open: false, outcome })] }));
  expect((await runCli(['run', 'ops', 'x'], gateway)).stderr).toContain(says);
});

test('run of a key that may not read approvals says that a request is no longer open', async () => {
  const gateway = await startFakeGateway();
  const looks = [waiting(), waiting({ approvals: [] }), ended('completed')];
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  gateway.on('GET', '/v1/approvals', () => new FakeProblem(403, 'forbidden'));
  const { exit, stderr } = await runCli(['run', 'ops', 'x'], gateway);
  expect(exit).toBe(0);
  expect(stderr).toContain('approval of restart is no longer open (abcdef12)');
});

const trouble = {
  activity: 'asking the model',
  attempt: 3,
  reason: 'fetch\u001b[2J failed',
  nextAttemptAt: now + 8000,
};

test('run says what fails and is tried again, once for each reason', async () => {
  const gateway = await startFakeGateway();
  const looks = [
    { ...waiting(), trouble: [trouble] },
    { ...waiting(), trouble: [{ ...trouble, attempt: 4, nextAttemptAt: null }] },
    { ...waiting(), trouble: [{ ...trouble, attempt: 5, nextAttemptAt: null, reason: 'the model said 500' }] },
    ended('completed'),
  ];
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  const { stderr } = await runCli(['run', 'ops', 'x'], gateway);
  expect(stderr).toContain('asking the model fails and is tried again (try 3 in 8 s): fetch');
  expect(stderr).toContain('asking the model fails and is tried again (try 5 runs now): the model said 500\n');
  expect(stderr).not.toContain('try 4');
  expect(stderr).not.toContain('\u001b');
});

const failure = { code: 'model-refused', message: 'Cannot ask the model: it answered 400' };
const failed = { ...ended('failed'), result: null, failure };

test('run that failed says why and exits with 1', async () => {
  const gateway = await startFakeGateway();
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => failed);
  const { exit, stderr } = await runCli(['run', 'ops', 'x'], gateway);
  expect(exit).toBe(1);
  expect(stderr).toContain('ended: failed\n');
  expect(stderr).toContain('why: Cannot ask the model: it answered 400 (model-refused)\n');
  const { stdout } = await runCli(['run', 'ops', 'x', '--json'], gateway);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'failed', failure });
});

test.each(['failed', null])(
  'run that a guard did not let open exits with 4, as long as the gateway calls it %s',
  async (outcome) => {
    const gateway = await startFakeGateway();
    const failure = { code: 'input-refused', message: 'guard mine found named in its input' };
    const run = runView({ status: 'closed', openedAt: null, outcome });
    gateway.on('POST', '/v1/runs', () => started);
    gateway.on('GET', `/v1/runs/${workflowId}`, () => ({ ...ended('failed'), run, result: null, failure }));
    const { exit, stderr } = await runCli(['run', 'ops', 'x'], gateway);
    expect(exit).toBe(4);
    expect(stderr).toContain('why: guard mine found named in its input (input-refused)');
  },
);

test('watch of a run that was ended from outside ends, and says how', async () => {
  const gateway = await startFakeGateway();
  const run = runView({ status: 'closed', outcome: 'terminated' });
  const gone = { ...waiting(), run, engine: 'closed', live: null, failure: { code: 'terminated', message: 'by olga' } };
  const looks = [waiting(), waiting(), gone];
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  const { exit, stderr } = await runCli(['watch', workflowId], gateway);
  expect(exit).toBe(1);
  expect(stderr).toContain('ended: terminated\n');
  expect(stderr).toContain('why: by olga (terminated)\n');
});

test('run looks ever more rarely while nothing changes, and soon again when something does', async () => {
  const gateway = await startFakeGateway();
  const turnTwo = { run: runView(), engine: 'running', live: live({ turn: 2 }), ...unended };
  const looks: unknown[] = [...Array.from({ length: 6 }, () => waiting()), turnTwo, ended('completed')];
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  const pauses: number[] = [];
  const onPause = (ms: number) => pauses.push(ms);
  expect(await runCli(['run', 'ops', 'x'], { ...gateway, onPause })).toMatchObject({ exit: 0 });
  expect(pauses).toEqual([400, 800, 1600, 3200, 5000, 5000, 400]);
});

test('run that looked too often comes back when the gateway says, and never fails of it', async () => {
  const gateway = await startFakeGateway();
  const tooMany = () => new FakeProblem(429, 'rate-limited', 47);
  const looks: unknown[] = [waiting(), tooMany(), tooMany(), ended('completed')];
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  const pauses: number[] = [];
  const onPause = (ms: number) => pauses.push(ms);
  const { exit, stderr } = await runCli(['run', 'ops', 'x'], { ...gateway, onPause });
  expect(exit).toBe(0);
  expect(stderr).not.toContain('out of reach');
  expect(pauses).toEqual([400, 47_000, 47_000]);
});

test('text of the model cannot steer the terminal', async () => {
  const gateway = await startFakeGateway();
  gateway.on('POST', '/v1/runs', () => started);
  gateway.on('GET', `/v1/runs/${workflowId}`, () => ended('completed', 'fine\u001b[2Jgone\nsecond line'));
  const { stdout } = await runCli(['run', 'ops', 'x'], gateway);
  expect(stdout).not.toContain('\u001b');
  expect(stdout.split('\n')).toHaveLength(3);
});

test('watch prints the header and each change as JSON lines', async () => {
  const gateway = await startFakeGateway();
  const looks = [waiting(), waiting(), ended('refused', '')];
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  const { exit, stdout, stderr } = await runCli(['watch', workflowId, '--json'], gateway);
  expect(exit).toBe(4);
  expect(stderr).toContain(`run ${workflowId} of ops on local, asked by rita`);
  const lines = stdout.trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
    'turn',
    'waiting',
    'answered',
    'ended',
  ]);
});

test('watch of a run that does not exist is said at once', async () => {
  const gateway = await startFakeGateway();
  const { exit, stderr } = await runCli(['watch', workflowId], gateway);
  expect(exit).toBe(3);
  expect(stderr).toContain('what to do: countersign errors not-found');
});

test('watch says once that no worker answers, when several looks in a row found none', async () => {
  const gateway = await startFakeGateway();
  const silent = { run: runView(), engine: 'running', live: null, ...unended };
  const looks = [waiting(), silent, waiting(), silent, silent, silent, silent, ended('completed')];
  gateway.on('GET', `/v1/runs/${workflowId}`, () => looks.shift());
  const { stdout } = await runCli(['watch', workflowId, '--json'], gateway);
  const kinds = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  expect(kinds).toEqual(['turn', 'waiting', 'silent', 'answered', 'ended']);
});

test.each([
  [['OPS', 'x'], 'it is no agent name'],
  [['ops', ' '], 'its text is empty'],
  [['ops', 'x', '--on-behalf-of', 'a b'], '--on-behalf-of: expected a name without spaces'],
])('run %j is wrong usage and asks nobody', async (more, says) => {
  const gateway = await startFakeGateway();
  const { exit, stderr } = await runCli(['run', ...more], gateway);
  expect(exit).toBe(2);
  expect(stderr).toContain(says);
  expect(gateway.requests).toEqual([]);
});
