/** `.ci/run` sums what its commands report, and never ends well when one of them did not. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-ci-'));
  mkdirSync(join(folder, '.ci'));
  mkdirSync(join(folder, 'bin'));
  cpSync(join(repositoryRoot, '.ci/run'), join(folder, '.ci/run'));
  program('id', 'echo 0');
  for (const name of ['node', 'git', 'unshare', 'python3', 'chromium', 'apt-get']) program(name, 'exit 0');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('sums the counts of the test command and of what needs root', () => {
  expect(run({ test: 'echo "7 passed, 0 failed"', sandbox: 'echo "2 passed, 0 failed"' })).toEqual({
    last: '9 passed, 0 failed',
    code: 0,
  });
});

test('takes the last counts line, not one that a test printed', () => {
  const text = 'echo "99 passed, 0 failed"; echo "7 passed, 0 failed"';
  expect(run({ test: text, sandbox: 'echo "1 passed, 0 failed"' }).last).toBe('8 passed, 0 failed');
});

test.each([
  ['a failed test', 'echo "7 passed, 1 failed"; exit 1', '9 passed, 1 failed'],
  ['a failed test with a good exit code', 'echo "7 passed, 1 failed"', '9 passed, 1 failed'],
  ['a bad exit code without a failed test', 'echo "7 passed, 0 failed"; exit 3', '9 passed, 1 failed'],
  ['a command that crashed before it counted', 'exit 1', '2 passed, 1 failed'],
  ['a command that counted nothing', 'echo done', '2 passed, 1 failed'],
])('fails on %s', (_name, text, last) => {
  expect(run({ test: text, sandbox: 'echo "2 passed, 0 failed"' })).toEqual({ last, code: 1 });
});

test('fails when the packages cannot be installed', () => {
  expect(run({ ci: 'exit 1', test: 'echo "7 passed, 0 failed"', sandbox: 'echo "1 passed, 0 failed"' })).toEqual({
    last: '0 passed, 1 failed',
    code: 1,
  });
});

test('runs without root, but not what needs it', () => {
  program('id', 'echo 1000');
  expect(run({ test: 'echo "7 passed, 0 failed"', sandbox: 'echo "2 passed, 9 failed"' })).toEqual({
    last: '7 passed, 0 failed',
    code: 0,
  });
});

function run(npm: { readonly ci?: string; readonly test: string; readonly sandbox: string }): {
  last: string;
  code: number | null;
} {
  program(
    'npm',
    `case "$*" in ci) ${npm.ci ?? ':'};; test) ${npm.test};; *test:sandbox) ${npm.sandbox};; *) exit 9;; esac`,
  );
  const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: folder };
  const result = spawnSync('bash', [join(folder, '.ci/run')], { env, encoding: 'utf8' });
  return { last: result.stdout.trimEnd().split('\n').at(-1) ?? '', code: result.status };
}

function program(name: string, body: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}
