/**
 * `dev`, `worker`, `gateway`, `replay`, `doctor` before anything is started: what is missing stops them with its name. The
 * server tests start them for real.
 */
import { statSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { doctorChecks } from '../../../cli/parts/doctor-checks.ts';
import { PartStack } from '../../../cli/parts/part-stack.ts';
import { policyWarnings } from '../../../cli/parts/policy-warnings.ts';
import { writeGatewayRecord } from '../../../cli/gateway-record.ts';
import { defaultPolicyText, loadPolicy } from '../../../policy/index.ts';
import { readConfig } from '../../../worker/config.ts';
import { FakeProblem, now, runCli, startFakeGateway, temporaryFolder } from './run-cli.ts';
import { workflowId } from './views.ts';

const pack = join(import.meta.dirname, '..', 'packs', 'ops');
const key = { OPENAI_API_KEY: 'of-nobody' };

test.each(['dev', 'worker'])('%s without a model key names its variable and makes nothing', async (command) => {
  const state = await temporaryFolder();
  const { exit, stderr } = await runCli([command, pack, '--state', state], { environment: {} });
  expect(exit).toBe(2);
  expect(stderr).toContain('neither "OPENAI_API_KEY" nor "OPENAI_BASE_URL" is set, expected one of the two');
  expect(await readdir(state)).toEqual([]);
});

test.each(['worker', 'gateway'])('%s without an engine names the variable of Temporal', async (command) => {
  const state = await temporaryFolder();
  const { exit, stderr } = await runCli([command, pack, '--state', state], { environment: key });
  expect(exit).toBe(2);
  expect(stderr).toContain('"TEMPORAL_ADDRESS" is not set and no embedded engine runs');
});

test('dev --no-engine without an address names the variable of Temporal', async () => {
  const state = await temporaryFolder();
  const { exit, stderr } = await runCli(['dev', pack, '--no-engine', '--state', state], { environment: key });
  expect(exit).toBe(2);
  expect(stderr).toContain('"TEMPORAL_ADDRESS" is not set');
});

test('dev with an engine of its own and the address of another server is refused', async () => {
  const argv = ['dev', pack, '--temporal', '127.0.0.1:1', '--state', await temporaryFolder()];
  const { exit, stderr } = await runCli(argv, { environment: key });
  expect(exit).toBe(2);
  expect(stderr).toContain('add --no-engine');
});

test.each(['dev', 'worker', 'gateway'])(
  '%s of a folder that is no pack says so before it makes anything',
  async (name) => {
    const folder = await temporaryFolder();
    const argv = [name, join(folder, 'nope'), '--state', join(folder, 'state')];
    const { exit, stderr } = await runCli(argv, { environment: key });
    expect(exit).toBe(2);
    expect(stderr).toContain('what to do: countersign errors pack-invalid');
    expect(await readdir(folder)).toEqual([]);
  },
);

test.each(['dev', 'gateway'])('%s on a port that is taken says so before it makes anything', async (name) => {
  const port = new URL((await startFakeGateway()).url).port;
  const folder = await temporaryFolder();
  const argv = [name, pack, '--port', port, '--state', join(folder, 'state')];
  const { exit, stderr } = await runCli(argv, { environment: key });
  expect(exit).toBe(2);
  expect(stderr).toContain(`port ${port}: it is taken`);
  expect(await readdir(folder)).toEqual([]);
});

test.each(['65536', '-1', 'abc', '1.5', ''])('dev --port=%s is wrong usage', async (port) => {
  const { exit, stderr } = await runCli(['dev', pack, `--port=${port}`], { environment: key });
  expect(exit).toBe(2);
  expect(stderr).toContain('--port: expected a whole number from 0 to 65535');
});

test('dev on a state folder whose gateway runs is a conflict that says where', async () => {
  const state = await temporaryFolder();
  await writeGatewayRecord(readConfig({ COUNTERSIGN_STATE: state }), 'http://127.0.0.1:1234', now);
  const { exit, stderr } = await runCli(['dev', pack, '--state', state], { environment: key });
  expect(exit).toBe(5);
  expect(stderr).toContain(`process ${process.pid} runs on it at http://127.0.0.1:1234`);
});

test('dev on the state folder of another user is refused, and none of its code is loaded', async () => {
  const state = await temporaryFolder();
  const cached: string[] = [];
  vi.spyOn(process, 'geteuid').mockReturnValue(statSync(state).uid + 1);
  const world = { environment: key, cacheCode: (folder: string) => void cached.push(folder) };
  const { exit, stderr } = await runCli(['dev', pack, '--state', state], world);
  expect(exit).toBe(2);
  expect(stderr).toContain('it belongs to another user');
  expect(cached).toEqual([]);
});

test('worker of a pack that does not load says every problem', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'agent.yaml'), 'name: 7\n');
  const { exit, stderr } = await runCli(['worker', folder, '--state', await temporaryFolder()], { environment: key });
  expect(exit).toBe(2);
  expect(stderr).toContain('agent.yaml:1:1');
  expect(stderr).toContain('policy.yaml:1:1');
});

test('worker with an unknown role is wrong usage', async () => {
  const { exit, stderr } = await runCli(['worker', pack, '--roles', 'agent,boss'], { environment: key });
  expect(exit).toBe(2);
  expect(stderr).toContain('--roles');
});

test('replay without keys is said, not guessed', async () => {
  const { exit } = await runCli(['replay', workflowId, '--state', await temporaryFolder()]);
  expect(exit).toBe(6);
});

describe('doctor', () => {
  test('prints every part, and ends with 1 when one is missing', async () => {
    const state = await temporaryFolder();
    const { exit, stdout } = await runCli(['doctor', '--state', state, '--json'], { environment: {} });
    const report = JSON.parse(stdout) as { ok: boolean; checks: { name: string; ok: boolean; remedy?: string }[] };
    const names = ['countersign', 'Node.js', 'Temporal CLI', 'Sandbox', 'Signing keys', 'Store', 'Gateway', 'Model'];
    expect(report.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    expect(report.ok).toBe(false);
    expect(exit).toBe(1);
    for (const check of report.checks) expect(check.ok || (check.remedy ?? '') !== '').toBe(true);
    expect(await readdir(state)).toEqual([]);
  });

  test('never prints a key', async () => {
    const { stdout } = await runCli(['doctor', '--state', await temporaryFolder()], { environment: key });
    expect(stdout).toContain('OPENAI_API_KEY is set');
    expect(stdout).not.toContain(key.OPENAI_API_KEY);
  });

  test.each([
    [{ status: 'ok' }, true],
    [new FakeProblem(500, 'internal-fault'), false],
  ])('asks the gateway that is named: %j', async (answer, ok) => {
    const gateway = await startFakeGateway();
    gateway.on('GET', '/v1/health', () => answer);
    const environment = { ...gateway.environment, COUNTERSIGN_STATE: await temporaryFolder() };
    const checks = await doctorChecks({ config: readConfig(environment), environment, clock: { now: () => now } });
    expect(checks.find(({ name }) => name === 'Gateway')?.ok).toBe(ok);
    expect(gateway.requests[0]?.authorization).toBeUndefined();
  });
});

describe('policy warnings', () => {
  const warningsOf = (text: string): string[] => {
    const loaded = loadPolicy(text, 'policy.yaml');
    if (loaded.kind === 'invalid') throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
    return policyWarnings(loaded.policy);
  };

  test('of the default policy say that one may approve one’s own runs', () => {
    expect(warningsOf(defaultPolicyText)).toEqual([
      expect.stringContaining('requesterMayApprove in approvals: default, destructive'),
    ]);
  });

  test('are none when requesters may not approve', () => {
    expect(warningsOf(defaultPolicyText.replaceAll('requesterMayApprove: true', 'requesterMayApprove: false'))).toEqual(
      [],
    );
  });

  test('say that approvals.default is missing', () => {
    expect(warningsOf('version: 1\nrules: []\n')).toEqual([expect.stringContaining('approvals.default')]);
  });
});

describe('the parts of dev', () => {
  test('are ended in the order in which nothing is lost, also when one fails', async () => {
    const ended: string[] = [];
    const end = (name: string) => async () => void ended.push(name);
    const stack = new PartStack();
    stack.onEnd(end('engine'));
    stack.onClose(end('store'));
    stack.onClose(end('gateway'));
    stack.onDrain(async () => {
      ended.push('worker');
      throw new Error('drain failed');
    });
    await expect(stack.close()).rejects.toThrow('drain failed');
    expect(ended).toEqual(['worker', 'gateway', 'store', 'engine']);
  });

  test('end the program when one of them is gone', async () => {
    const stack = new PartStack();
    const watched = stack.untilStopped(new AbortController().signal, [
      { name: 'the engine', ended: Promise.resolve(1) },
    ]);
    await expect(watched).rejects.toMatchObject({ code: 'engine-unavailable' });
  });

  test('wait for the stop that was asked for', async () => {
    const stop = new AbortController();
    const waiting = new PartStack().untilStopped(stop.signal, [{ name: 'x', ended: new Promise(() => undefined) }]);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});
