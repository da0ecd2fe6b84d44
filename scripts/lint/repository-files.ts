/**
 * Lists the files that are, or are about to be, part of the repository: what git tracks and what it would add. Where git
 * cannot answer (an unpacked archive) it walks the tree instead, and never silently checks nothing. A pack that somebody made
 * here with `countersign init` is theirs: an untracked folder of the root with an `agent.yaml` is left out.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot: string = fileURLToPath(new URL('../../', import.meta.url));

const generated: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', 'coverage', '.vitest', '.countersign']);

/** @returns paths from the root, with forward slashes, sorted */
export function listRepositoryFiles(root: string = repositoryRoot): readonly string[] {
  const tracked = gitFiles(root, ['--cached']);
  const listed = [...tracked, ...gitFiles(root, ['--others', '--exclude-standard'])];
  const found = listed.length > 0 ? listed : walk(root);
  const ours = new Set(tracked.map(topFolderOf));
  const theirs = found.filter((file) => /^[^/]+\/agent\.yaml$/u.test(file)).map(topFolderOf);
  return found.filter((file) => ours.has(topFolderOf(file)) || !theirs.includes(topFolderOf(file))).toSorted();
}

function gitFiles(root: string, which: readonly string[]): string[] {
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const git = spawnSync('git', ['-C', root, 'ls-files', ...which, '-z'], options);
  return git.status === 0 ? git.stdout.split('\0').filter((file) => file !== '' && existsSync(join(root, file))) : [];
}

/** Empty for a file of the root. */
function topFolderOf(file: string): string {
  return file.slice(0, Math.max(0, file.indexOf('/')));
}

function walk(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !file.split('/').some((part) => generated.has(part)));
}
