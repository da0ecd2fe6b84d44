/**
 * Lists the files that are, or are about to be, part of the repository: what git tracks and what it would add. Where git
 * cannot answer (an unpacked archive) it walks the tree instead, and never silently checks nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot: string = fileURLToPath(new URL('../../', import.meta.url));

const generated: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', 'coverage', '.vitest', '.countersign']);

/** @returns paths from the root, with forward slashes, sorted */
export function listRepositoryFiles(root: string = repositoryRoot): readonly string[] {
  const git = spawnSync('git', ['-C', root, 'ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const listed =
    git.status === 0 ? git.stdout.split('\0').filter((file) => file !== '' && existsSync(join(root, file))) : [];
  return (listed.length > 0 ? listed : walk(root)).toSorted();
}

function walk(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !file.split('/').some((part) => generated.has(part)));
}
