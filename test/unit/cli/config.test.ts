/** Settings: flags over environment over defaults; what does not parse stops the start with the variable's name. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import { readConfig, required, variableByName } from '../../../worker/config.ts';

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

test('a setting that an action needs is named by its variable', () => {
  expect(() => required(readConfig({}), 'openaiApiKey', 'start a worker')).toThrow(
    'Cannot start a worker: "OPENAI_API_KEY" is not set',
  );
});

test('every variable is in the documentation', () => {
  const pages = ['docs/cli.md', 'docs/deployment.md'];
  const text = pages.map((page) => readFileSync(join(repositoryRoot, page), 'utf8')).join('\n');
  for (const variable of Object.values(variableByName)) expect(text).toContain(`\`${variable}\``);
});
