/** Which files are the repository's: what git would add, without the packs that somebody made in the clone. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listRepositoryFiles } from '../../../scripts/lint/repository-files.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'repository-'));
  for (const file of ['core/a.ts', 'ours/agent.yaml', 'ours/tools.ts', 'agents/ops/agent.yaml', 'index.ts'])
    write(file);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), '');
}

function git(...parameters: string[]): void {
  const { status, stderr } = spawnSync('git', ['-C', root, ...parameters], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

const tracked = ['agents/ops/agent.yaml', 'core/a.ts', 'index.ts', 'ours/agent.yaml', 'ours/tools.ts'];

it('leaves out an untracked pack of the root, and no other untracked file', () => {
  git('init', '--quiet');
  git('add', '.');
  for (const file of [
    'my-agent/agent.yaml',
    'my-agent/lib/tools.ts',
    'new/b.ts',
    'ours/more.ts',
    'agents/two/agent.yaml',
  ])
    write(file);
  const added = ['agents/two/agent.yaml', 'new/b.ts', 'ours/more.ts'];
  expect(listRepositoryFiles(root)).toEqual([...tracked, ...added].toSorted());
});

it('walks the tree where git knows nothing of it', () => {
  rmSync(join(root, 'ours'), { recursive: true });
  for (const file of ['my-agent/agent.yaml', 'node_modules/x/index.js']) write(file);
  expect(listRepositoryFiles(root)).toEqual(['agents/ops/agent.yaml', 'core/a.ts', 'index.ts']);
});
