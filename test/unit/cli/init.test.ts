/** `init`: the pack it writes loads as it is, and nothing is ever overwritten. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPackFolder } from '../../../cli/parts/load-pack-folder.ts';
import { defaultPolicyText } from '../../../policy/index.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

test('init writes a pack that loads: one read, one effect, the default policy', async () => {
  // Nothing is installed there: the program lends the pack what it imports.
  const folder = join(await temporaryFolder(), 'My Notes');
  const { exit, stdout, stderr } = await runCli(['init', folder]);
  expect(exit).toBe(0);
  expect(stdout.trim().split('\n')).toEqual(
    ['agent.yaml', 'policy.yaml', 'tools.ts'].map((name) => join(folder, name)),
  );
  expect(stderr).toContain(`countersign dev ${folder}`);
  expect(stderr).toContain('countersign run my-notes');
  expect(await readFile(join(folder, 'policy.yaml'), 'utf8')).toBe(defaultPolicyText);
  const pack = await loadPackFolder(folder);
  expect(pack.body.name).toBe('my-notes');
  expect(pack.tools.list().map(({ definition }) => [definition.name, definition.effect])).toEqual([
    ['add_note', 'effect'],
    ['read_notes', 'read'],
  ]);
});

test('init says what it wrote under --json', async () => {
  const folder = join(await temporaryFolder(), 'ops');
  const { stdout } = await runCli(['init', folder, '--json']);
  expect(JSON.parse(stdout)).toEqual({ folder, agent: 'ops', files: ['agent.yaml', 'policy.yaml', 'tools.ts'] });
});

test('init writes nothing into a folder that holds one of its files', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'policy.yaml'), 'mine');
  const { exit, stderr } = await runCli(['init', folder]);
  expect(exit).toBe(5);
  expect(stderr).toContain('it holds policy.yaml');
  expect(await readdir(folder)).toEqual(['policy.yaml']);
  expect(await readFile(join(folder, 'policy.yaml'), 'utf8')).toBe('mine');
});

test('init keeps the other files of a folder', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'README.md'), 'mine');
  expect(await runCli(['init', folder])).toMatchObject({ exit: 0 });
  expect((await readdir(folder)).toSorted()).toEqual(['README.md', 'agent.yaml', 'policy.yaml', 'tools.ts']);
});
