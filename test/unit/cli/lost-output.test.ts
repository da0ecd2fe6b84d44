/** Standard output that takes no more: said and a code of its own on a full disk, quiet at a closed pipe, never a success. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { endOfOutput } from '../../../cli/lost-output.ts';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';

const ops = join(repositoryRoot, 'agents', 'ops');
const nothing = join(repositoryRoot, 'package.json', 'nothing.yaml');
const launcher = join(repositoryRoot, 'bin', 'countersign.js');

/** Linux alone has a device that is always full. */
test
  .runIf(process.platform === 'linux')
  .each([
    { argv: ['policy', 'check', nothing] },
    { argv: ['policy', 'explain', ops, '--call', '{"tool":"read_logs"}', '--json'] },
    { argv: ['--help'] },
  ])('a full disk is said on standard error, with 74: $argv', async ({ argv }) => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [launcher, ...argv], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  const [said, [exit]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'close')]);
  expect(said).toContain('Cannot write standard output: ENOSPC (the disk is full), expected room');
  expect(said).toContain('output-failed');
  expect(exit).toBe(74);
});

test.each([
  { what: 'a failed check', argv: ['policy', 'check', nothing], exit: 3 },
  { what: 'a check that went well', argv: ['policy', 'check', ops, '--json'], exit: 0 },
])('$what keeps its exit code when its reader has gone away', async ({ argv, exit }) => {
  expect(await unread(argv)).toEqual({ exit, said: expect.not.stringContaining('Cannot write') as string });
});

test('a command that would go on ends with 141 when its reader has gone away', async () => {
  expect(await unread(['policy', 'eval', ops, '--jsonl', '-'])).toEqual({ exit: 141, said: '' });
});

/** Its output is a pipe whose other end is closed before the first word; its input stays open. */
async function unread(argv: readonly string[]): Promise<{ exit: unknown; said: string }> {
  const child = spawn(process.execPath, [launcher, ...argv]);
  child.stdout.destroy();
  child.stdin.write('{"tool":"read_logs"}\n');
  const [said, [exit]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { exit, said };
}

test.each([0, 1, 130])('a command that ended with %i and could not write fails', (exit) => {
  const lost = Object.assign(new Error('write'), { code: 'EIO' });
  expect(endOfOutput(exit, lost)).toMatchObject({ kind: 'failed', error: { code: 'output-failed' } });
});
