/**
 * Digest of a pack's code: every module file in its folder, and whatever those import by a relative path. A changed
 * helper is a changed tool. Packages from node_modules are not in it: the lockfile answers for those.
 */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { digestBytes, digestJson } from '../core/digest.ts';
import { type PackProblem, wholeFile } from './pack-problem.ts';

const codeFile = /\.[cm]?[jt]sx?$/;
/** Imports by path, also the absolute ones that no digest of the pack could cover. */
const pathImport = /\b(?:from|import)\s*\(?\s*(['"])((?:\.{1,2}\/|\/|file:)[^'"\n]+)\1/g;

export type ModuleDigest = { kind: 'digest'; digest: string } | { kind: 'invalid'; problems: PackProblem[] };

export async function moduleDigestOf(folder: string): Promise<ModuleDigest> {
  const root = await realpath(folder);
  const problems: PackProblem[] = [];
  const digestByFile = new Map<string, string>();
  const open = await codeFilesBelow(root);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const name = relative(root, path);
    if (digestByFile.has(name)) continue;
    const bytes = await readInside(root, path);
    if (!bytes) {
      problems.push(
        wholeFile(name, 'a file that cannot be read or lies elsewhere', 'code inside the pack', 'copy it in'),
      );
      continue;
    }
    digestByFile.set(name, digestBytes('body', bytes));
    if (!codeFile.test(path)) continue;
    for (const [, , specifier] of bytes.toString('utf8').matchAll(pathImport)) {
      const target = resolve(dirname(path), String(specifier));
      if (String(specifier).startsWith('.') && target.startsWith(root + sep)) open.push(target);
      else
        problems.push(
          wholeFile(name, `an import of "${specifier}"`, 'imports inside the pack or of packages', 'copy that file in'),
        );
    }
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'digest', digest: digestJson('body', Object.fromEntries(digestByFile)) };
}

async function codeFilesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = resolve(root, entry.name);
    if (entry.isDirectory()) files.push(...(await codeFilesBelow(path)));
    else if (codeFile.test(entry.name)) files.push(path);
  }
  return files;
}

/** Undefined for what is not there, or is somewhere else behind a link. */
async function readInside(root: string, path: string): Promise<Buffer | undefined> {
  try {
    return (await realpath(path)).startsWith(root + sep) ? await readFile(path) : undefined;
  } catch {
    return undefined;
  }
}
