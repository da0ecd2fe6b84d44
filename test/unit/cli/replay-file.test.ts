/** `replay` of files, and `export`, before anything is asked of an engine: what a user may hand in by mistake. */
import { mkdtemp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, temporaryFolder } from './run-cli.ts';
import { workflowId } from './views.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-test-files-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function replay(name: string, ...more: string[]): ReturnType<typeof runCli> {
  return await runCli(['replay', join(folder, name), '--state', join(folder, 'none'), ...more]);
}

test.each([
  ['empty', '', 'line 1: it is empty'],
  ['text', 'not JSON\n', 'line 1: it is not valid JSON (the file is no export'],
  ['other.json', '{"events":[]}\n', 'line 1: it is not the first line of an export'],
  ['newer', '{"format":"countersign-export","part":"header","version":7}\n', 'it has version 7'],
  ['cut', '{"format":"countersign-export"', 'the file was cut'],
])('a file "%s" is no export, which is said with its name and the remedy', async (name, content, reason) => {
  await writeFile(join(folder, name), content);
  const { exit, stdout, stderr } = await replay(name);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toContain(`Cannot read export "${join(folder, name)}": `);
  expect(stderr).toContain(reason);
  expect(stderr).toContain('what to do: countersign errors export-invalid');
});

test('a folder is no export', async () => {
  await mkdir(join(folder, 'a-folder'));
  const { exit, stderr } = await replay('a-folder');
  expect(exit).toBe(2);
  expect(stderr).toContain('it is a folder');
});

test('what is neither a run nor a file is not found', async () => {
  const { exit, stderr } = await replay('nowhere.jsonl');
  expect(exit).toBe(3);
  expect(stderr).toContain('it is neither a run id nor a file');
  expect((await replay(join('nowhere', 'run.jsonl'))).exit).toBe(3);
});

test('an error is the result under --json', async () => {
  const { exit, stdout } = await replay('nowhere.jsonl', '--json');
  expect(exit).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'not-found' } });
});

test('a registry that is missing or none is said before the file is read', async () => {
  await writeFile(join(folder, 'file.jsonl'), 'x\n');
  expect(await replay('file.jsonl', '--keys', join(folder, 'no-keys.json'))).toMatchObject({ exit: 6 });
  await writeFile(join(folder, 'keys.json'), '{}');
  const { exit, stderr } = await replay('file.jsonl', '--keys', join(folder, 'keys.json'));
  expect(exit).toBe(6);
  expect(stderr).toContain('key registry');
});

test('a run is not replayed with keys of a file', async () => {
  const run = 'run-00000000-0000-4000-8000-000000000000';
  const { exit, stderr } = await runCli(['replay', run, '--keys', 'x.json', '--state', join(folder, 'none')]);
  expect(exit).toBe(2);
  expect(stderr).toContain('--keys with a file alone');
});

test('replay of a file makes no state folder', async () => {
  await replay('nowhere.jsonl');
  expect(await readdir(folder)).not.toContain('none');
});

test.each([
  ['a file', 'taken', 5, 'a file is there'],
  ['a symbolic link', 'link', 5, 'a symbolic link is there'],
  ['a folder that is not there', join('nowhere', 'file'), 2, 'is not there'],
])('export to %s is refused before anything is opened', async (_name, name, code, says) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'taken'), 'old');
  await symlink(join(folder, 'taken'), join(folder, 'link'));
  // Without keys in its state folder, an export that opened anything would say that first.
  const argv = ['export', workflowId, '--output', join(folder, name), '--state', await temporaryFolder()];
  const { exit, stderr } = await runCli(argv);
  expect(stderr).toContain(says);
  expect(exit).toBe(code);
});

test('export of what is no run id is wrong usage, and without keys nothing is written', async () => {
  expect(await runCli(['export', 'run-x'])).toMatchObject({ exit: 2 });
  const run = 'run-00000000-0000-4000-8000-000000000000';
  const file = join(folder, 'out.jsonl');
  const { exit } = await runCli(['export', run, '--output', file, '--state', join(folder, 'none')]);
  expect(exit).toBe(6);
  expect(await readdir(folder)).not.toContain('out.jsonl');
  const piped = await runCli(['export', run, '--output', '-', '--state', join(folder, 'none')]);
  expect([piped.exit, piped.stdout]).toEqual([2, '']);
  expect(piped.stderr).toContain('Cannot export to standard output');
});
