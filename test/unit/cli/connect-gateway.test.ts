/** How a command finds its gateway and key, and that a local key goes nowhere else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { connectGateway } from '../../../cli/connect-gateway.ts';
import { findGateway, markGatewayEnded, writeGatewayRecord } from '../../../cli/gateway-record.ts';
import { type Config, readConfig } from '../../../worker/config.ts';
import { runCli, startFakeGateway, temporaryFolder } from './run-cli.ts';

async function settings(environment: Record<string, string> = {}): Promise<Config> {
  return readConfig({ COUNTERSIGN_STATE: await temporaryFolder(), ...environment });
}

test('a gateway of this state folder is found while its process lives', async () => {
  const config = await settings();
  expect(await findGateway(config)).toEqual({ kind: 'none' });
  await writeGatewayRecord(config, 'http://127.0.0.1:1234', 5);
  expect(await findGateway(config)).toMatchObject({ kind: 'running', record: { url: 'http://127.0.0.1:1234' } });
});

test('a gateway that ended in order is stale and still says where it was', async () => {
  const config = await settings();
  await writeGatewayRecord(config, 'http://127.0.0.1:1234', 5);
  await markGatewayEnded(config, 6);
  expect(await findGateway(config)).toMatchObject({ kind: 'stale', record: { url: 'http://127.0.0.1:1234' } });
});

test('a record of a process that has ended is stale and still says where it was', async () => {
  const config = await settings();
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await writeGatewayRecord(config, 'http://127.0.0.1:1234', 5);
  const text = await readFile(config.paths.gateway, 'utf8');
  await writeFile(config.paths.gateway, text.replace(`"pid":${process.pid}`, `"pid":${child.pid ?? 0}`));
  expect(await findGateway(config)).toMatchObject({ kind: 'stale', record: { url: 'http://127.0.0.1:1234' } });
});

test('a record of a later process with the same id is stale', async () => {
  const config = await settings();
  await writeGatewayRecord(config, 'http://127.0.0.1:1234', 5);
  const text = await readFile(config.paths.gateway, 'utf8');
  await writeFile(config.paths.gateway, text.replace(/"identity":"[^"]*"/u, '"identity":"another"'));
  expect(await findGateway(config)).toMatchObject({ kind: 'stale' });
});

test('a record that does not parse is stale', async () => {
  const config = await settings();
  await writeFile(config.paths.gateway, '{"url":1}');
  expect(await findGateway(config)).toEqual({ kind: 'stale', record: null });
});

test('without a gateway the error says how to start one', async () => {
  const { exit, stderr } = await runCli(['runs', '--state', await temporaryFolder()]);
  expect(exit).toBe(6);
  expect(stderr).toContain('countersign dev <pack folder>');
  expect(stderr).toContain('what to do: countersign errors server-unavailable');
});

test('the local key is used for a gateway on loopback', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/runs', () => ({ runs: [], nextBefore: null }));
  const state = await temporaryFolder();
  await writeFile(readConfig({ COUNTERSIGN_STATE: state }).paths.apiKey, 'cs_local_key_of_test\n');
  expect(await runCli(['runs', '--state', state, '--url', gateway.url])).toMatchObject({ exit: 0 });
  expect(gateway.requests[0]?.authorization).toBe('Bearer cs_local_key_of_test');
});

test('the state folder of another user is refused: neither its gateway nor its key is used', async () => {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/runs', () => ({ runs: [], nextBefore: null }));
  const state = await temporaryFolder();
  const config = readConfig({ COUNTERSIGN_STATE: state });
  await writeFile(config.paths.apiKey, 'cs_local_key_of_test\n');
  await writeGatewayRecord(config, gateway.url, 5);
  vi.spyOn(process, 'geteuid').mockReturnValue(statSync(state).uid + 1);
  for (const more of [[], ['--url', gateway.url]]) {
    const { exit, stderr } = await runCli(['runs', '--state', state, ...more]);
    expect(exit).toBe(2);
    expect(stderr).toContain('it belongs to another user');
  }
  expect(gateway.requests).toEqual([]);
  expect(await runCli(['runs', '--state', state], gateway)).toMatchObject({ exit: 0 });
});

test('the local key is not sent to a gateway elsewhere', async () => {
  const config = await settings({ COUNTERSIGN_URL: 'https://gateway.example' });
  await writeFile(config.paths.apiKey, 'cs_local_key_of_test\n');
  await expect(connectGateway(config)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test.each([
  'http://gateway.example',
  'http://0.0.0.0:7420',
  'http://127.0.0.1.gateway.example',
  'http://10.0.0.7:7420',
])('no key goes to %s, where it could be read on its way, unless somebody says so', async (url) => {
  const config = await settings({ COUNTERSIGN_URL: url, COUNTERSIGN_API_KEY: 'cs_a_key_of_test' });
  await expect(connectGateway(config)).rejects.toMatchObject({ code: 'config-invalid' });
  await expect(connectGateway({ ...config, plainHttp: true })).resolves.toBeDefined();
});

test.each(['https://gateway.example', 'http://localhost:7420', 'http://127.0.0.1:7420', 'http://[::1]:7420'])(
  'a key goes to %s',
  async (url) => {
    const config = await settings({ COUNTERSIGN_URL: url, COUNTERSIGN_API_KEY: 'cs_a_key_of_test' });
    await expect(connectGateway(config)).resolves.toBeDefined();
  },
);

test('a state folder that cannot be read is said, not taken for one where nothing runs', async () => {
  const config = await settings();
  // Root may read everything, so it is no file instead.
  await mkdir(config.paths.gateway);
  await expect(findGateway(config)).rejects.toMatchObject({ code: 'config-invalid' });
});
