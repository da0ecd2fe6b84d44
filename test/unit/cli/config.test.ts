/** Settings: flags over environment over defaults; what does not parse stops the start with the variable's name. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import { readConfig, required, variableByName } from '../../../worker/config.ts';
import { temporaryFolder } from './run-cli.ts';

test('settings without anything given are those of one person on one machine', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    stateFolder: resolve('.countersign'),
    temporalNamespace: 'countersign',
    audience: 'countersign:countersign',
    taskQueue: 'countersign',
    splitQueues: false,
    drainMs: 20_000,
    temporalTls: false,
  });
  expect(config.temporalAddress).toBeUndefined();
  expect(config.paths.gateway).toBe(join(config.stateFolder, 'gateway.json'));
});

test('a flag wins over the environment, and empty text counts as nothing', () => {
  const environment = { COUNTERSIGN_STATE: '/a', TEMPORAL_ADDRESS: '', COUNTERSIGN_DRAIN_MS: '5' };
  const config = readConfig(environment, { stateFolder: '/b' });
  expect(config.stateFolder).toBe('/b');
  expect(config.temporalAddress).toBeUndefined();
  expect(config.drainMs).toBe(5);
});

test.each([
  ['COUNTERSIGN_URL', 'ftp://somewhere'],
  ['TEMPORAL_ADDRESS', 'no-port'],
  ['TEMPORAL_ADDRESS', '127.0.0.1:99999'],
  ['TEMPORAL_ADDRESS', '[::1]:65536'],
  ['TEMPORAL_ADDRESS', 'temporal:0'],
  ['TEMPORAL_TLS', 'perhaps'],
  ['COUNTERSIGN_DRAIN_MS', 'soon'],
  ['TEMPORAL_NAMESPACE', 'a b'],
  ['COUNTERSIGN_API_KEY', 'short'],
])('%s that does not parse is named, and its value is not repeated', (variable, value) => {
  const read = () => readConfig({ [variable]: value });
  expect(read).toThrow(
    expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(`"${variable}"`) }),
  );
  expect(read).not.toThrow(value);
});

test.each([
  ['gatewayUrl', '--url', 'notaurl'],
  ['temporalAddress', '--temporal', 'no-port'],
] as const)('%s that was given as a flag is named by the flag, and not by its variable', (setting, flag, value) => {
  const message = expect.stringMatching(
    new RegExp(`"${flag}" has another form(?!.*"${variableByName[setting]}")`, 'u'),
  );
  expect(() => readConfig({ [variableByName[setting]]: 'x' }, { [setting]: value })).toThrow(
    expect.objectContaining({ code: 'config-invalid', message }),
  );
});

test('a setting that an action needs is named by its variable', () => {
  expect(() => required(readConfig({}), 'openaiApiKey', 'start a worker')).toThrow(
    'Cannot start a worker: "OPENAI_API_KEY" is not set',
  );
});

test.each([
  ['COUNTERSIGN_HEALTH_PORT', '99999'],
  ['COUNTERSIGN_LOG_LEVEL', 'loud'],
  ['COUNTERSIGN_LOG_FORMAT', 'xml'],
])('%s that is out of range is named', (variable, value) => {
  expect(() => readConfig({ [variable]: value })).toThrow(`"${variable}"`);
});

test('a secret given as a file is read without the end of its line, and its path is kept', async () => {
  const path = join(await temporaryFolder(), 'key');
  writeFileSync(path, 'not-a-real-key\n');
  const config = readConfig({ OPENAI_API_KEY_FILE: path });
  expect(config.openaiApiKey).toBe('not-a-real-key');
  expect(config.secretFiles).toEqual({ openaiApiKey: path });
});

test('a secret given twice, and a file without one, are refused by name', async () => {
  const folder = await temporaryFolder();
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const both = { OPENAI_API_KEY: 'not-a-real-key', OPENAI_API_KEY_FILE: write('key', 'not-a-real-key') };
  expect(() => readConfig(both)).toThrow('both "OPENAI_API_KEY" and "OPENAI_API_KEY_FILE" are set');
  const wrong: [string, string][] = [
    [join(folder, 'nowhere'), 'cannot be read (ENOENT)'],
    [write('empty', '\n'), 'is empty'],
    [write('lines', 'one\ntwo\n'), 'has several lines'],
    [write('large', 'x'.repeat(70_000)), 'is larger than 64 KiB'],
  ];
  for (const [path, is] of wrong)
    expect(() => readConfig({ TEMPORAL_API_KEY_FILE: path })).toThrow(`the file of "TEMPORAL_API_KEY_FILE" ${is}`);
});

test('every variable is in the documentation', () => {
  const pages = ['docs/cli.md', 'docs/deployment.md'];
  const text = pages.map((page) => readFileSync(join(repositoryRoot, page), 'utf8')).join('\n');
  for (const variable of Object.values(variableByName)) expect(text).toContain(`\`${variable}\``);
});
