/** What a command line names as a file is one: nothing waits for the writer of a pipe, and Ctrl-C ends what waits for lines. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytesOfFileOrPipe, openFile } from '../../../cli/open-file.ts';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const policy = join(repositoryRoot, 'agents', 'ops', 'policy.yaml');

test('a file is opened, through a link too; a folder and a pipe are not', async () => {
  const folder = await temporaryFolder();
  const at = (name: string): string => join(folder, name);
  await writeFile(at('file'), 'text');
  await symlink('file', at('link'));
  await mkdir(at('folder'));
  execFileSync('mkfifo', [at('pipe')]);
  const handle = await openFile(at('link'));
  expect(await handle.readFile('utf8')).toBe('text');
  await handle.close();
  await expect(openFile(at('folder'))).rejects.toThrow('it is a folder');
  await expect(openFile(at('pipe'))).rejects.toThrow('it is no file');
  await expect(openFile(at('nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a pipe that somebody writes to is read to its end where pipes are taken', async () => {
  const pipe = join(await temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  // For both: as a shell holds the pipe of `<(…)`, it is open before anybody reads.
  const writer = await open(pipe, 'r+');
  await writer.write('{"name":');
  const parts: Uint8Array[] = [];
  for await (const part of bytesOfFileOrPipe(pipe)) {
    parts.push(part);
    if (parts.length > 1) continue;
    await writer.write('"b"}');
    await writer.close();
  }
  expect(Buffer.concat(parts).toString()).toBe('{"name":"b"}');
});

test.each([
  { argv: ['policy', 'check', 'PIPE'], exit: 3 },
  { argv: ['policy', 'fmt', '--check', 'PIPE'], exit: 3 },
  { argv: ['policy', 'test', policy, '--cases', 'PIPE'], exit: 3 },
  { argv: ['policy', 'explain', policy, '--cases', 'PIPE'], exit: 3 },
  { argv: ['policy', 'eval', policy, '--jsonl', 'PIPE'], exit: 3 },
  { argv: ['guards', 'check', '--guard', 'shell', '--jsonl', 'PIPE'], exit: 3 },
  { argv: ['replay', 'PIPE'], exit: 2 },
])('a pipe that nobody writes to is no file for $argv', async ({ argv, exit }) => {
  const folder = await temporaryFolder();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const result = await runCli(argv.map((word) => (word === 'PIPE' ? pipe : word)));
  expect(`${result.stdout}${result.stderr}`).toContain(`"${pipe}": it is no file`);
  expect(result.exit).toBe(exit);
});

test('a policy that is far too long is not read to its end', async () => {
  const long = join(await temporaryFolder(), 'long.yaml');
  await writeFile(long, '');
  await truncate(long, 16_777_217);
  const { exit, stdout } = await runCli(['policy', 'check', long]);
  expect(exit).toBe(2);
  expect(stdout).toContain('longer than');
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a program that waits for lines with 130', async (signal) => {
  const argv = ['policy', 'eval', policy, '--jsonl', '-'];
  const child = spawn(process.execPath, [join(repositoryRoot, 'bin', 'countersign.js'), ...argv]);
  const ended = once(child, 'close');
  child.stdin.write('{"tool":"read_logs"}\n');
  // It has answered, and waits for the next one.
  await once(child.stdout, 'data');
  child.kill(signal);
  expect((await ended)[0]).toBe(130);
});
