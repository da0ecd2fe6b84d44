/** Compiled code is read only from a private folder of this user, and only by commands that run a pack's code anyway. */
import { statSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { codeCacheOf } from '../../../cli/code-cache.ts';
import { temporaryFolder } from './run-cli.ts';

test.each([
  [['dev', 'p', '--state', 'STATE'], {}],
  [['worker', '--state=STATE', 'p'], {}],
  [['gateway'], { COUNTERSIGN_STATE: 'STATE' }],
  [['dev', '--state', 'elsewhere', '--state', 'STATE'], { COUNTERSIGN_STATE: 'elsewhere' }],
])('%j with %j keeps it in the state folder', async (argv, environment) => {
  const state = await temporaryFolder();
  const put = (word: string) => word.replace('STATE', state);
  const set = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, put(value)]));
  expect(codeCacheOf(argv.map(put), set)).toBe(join(state, 'cache'));
});

test.each(['runs', 'approve', 'replay', 'doctor', 'init'])(
  '%s reads none, whatever folder it stands in',
  async (name) => {
    expect(codeCacheOf([name, '--state', await temporaryFolder()], {})).toBeUndefined();
  },
);

test('a folder that is not there has none', async () => {
  expect(codeCacheOf(['dev', '--state', join(await temporaryFolder(), 'new')], {})).toBeUndefined();
});

test.each([0o750, 0o705, 0o777])('a folder of mode %o, where others can plant code, is not used', async (mode) => {
  const state = join(await temporaryFolder(), 'state');
  await mkdir(state);
  await chmod(state, mode);
  expect(codeCacheOf(['dev', '--state', state], {})).toBeUndefined();
});

test('a folder of another user is not used, by root neither', async () => {
  const state = await temporaryFolder();
  vi.spyOn(process, 'geteuid').mockReturnValue(statSync(state).uid + 1);
  expect(codeCacheOf(['dev', '--state', state], {})).toBeUndefined();
});
