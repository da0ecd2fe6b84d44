/**
 * The package as npm publishes and installs it: built, packed by `npm pack`, unpacked into `node_modules` of a folder, with
 * this repository's own dependencies beside it in place of downloads.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { repositoryRoot } from '../../scripts/lint/repository-files.ts';

const packedSchema = z
  .array(
    z.object({
      filename: z.string(),
      size: z.int(),
      unpackedSize: z.int(),
      files: z.array(z.object({ path: z.string() })),
    }),
  )
  .length(1);

export interface InstalledPackage {
  /** `<folder>/node_modules/countersign` */
  root: string;
  launcher: string;
  /** Bytes of the archive that npm uploads, and of what is in it. */
  packedBytes: number;
  unpackedBytes: number;
  files: string[];
}

/** @param folder is made as `npm init -y` leaves one. It takes about ten seconds. */
export function installPackage(folder: string): InstalledPackage {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "version": "1.0.0", "type": "commonjs" }\n');
  const stage = join(folder, '.stage');
  for (const path of listed(repositoryRoot, '--dry-run').files) {
    if (path.startsWith('dist/')) continue;
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    cpSync(join(repositoryRoot, path), join(stage, path));
  }
  run(repositoryRoot, process.execPath, [join(repositoryRoot, 'scripts', 'build.ts'), join(stage, 'dist')]);
  const { filename, size, unpackedSize, files } = listed(stage);
  const root = join(folder, 'node_modules', 'countersign');
  mkdirSync(root, { recursive: true });
  run(stage, 'tar', ['-xzf', filename, '-C', root, '--strip-components=1']);
  for (const name of readdirSync(join(repositoryRoot, 'node_modules'))) {
    if (!name.startsWith('.')) {
      symlinkSync(join(repositoryRoot, 'node_modules', name), join(folder, 'node_modules', name));
    }
  }
  const launcher = join(root, 'bin', 'countersign.js');
  return { root, launcher, packedBytes: size, unpackedBytes: unpackedSize, files };
}

function listed(folder: string, ...more: string[]) {
  const out = run(folder, 'npm', ['pack', '--json', '--ignore-scripts', ...more]);
  const [one] = packedSchema.parse(JSON.parse(out));
  if (!one) throw new Error('Cannot pack: npm said nothing, expected one package');
  return { ...one, files: one.files.map(({ path }) => path) };
}

function run(folder: string, program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}
