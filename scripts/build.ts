/**
 * Makes `dist/`, the published form: compiled modules with their types, and the workflow bundles made once here so that a
 * worker starts in a third of the time. It starts from an empty folder, so that nothing old is ever published, and the
 * result names no path of the machine that built it. Another folder than `dist/` can be named; it must not exist.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BundleName, bundleFromSource, bundleNames } from '../worker/workflow-bundle.ts';
import { repositoryRoot } from './lint/repository-files.ts';

const [, , named] = process.argv;
const dist = named === undefined ? join(repositoryRoot, 'dist') : resolve(named);
if (named === undefined) rmSync(dist, { recursive: true, force: true });
else if (existsSync(dist)) throw new Error(`Cannot build "${dist}": it exists, expected a new folder; name another`);

const options = ['-p', 'tsconfig.build.json', '--outDir', dist];
const compiler = join(repositoryRoot, 'node_modules', '.bin', 'tsc');
const compiled = spawnSync(compiler, options, { cwd: repositoryRoot, stdio: 'inherit' });
if (compiled.status !== 0)
  throw new Error('Cannot build "dist": tsc failed, expected no type errors; see its output above');
// What browsers are given as it is.
cpSync(join(repositoryRoot, 'ui'), join(dist, 'ui'), {
  recursive: true,
  filter: (path) => !path.endsWith('tsconfig.json'),
});
for (const name of bundleNames) writeFileSync(join(dist, `${name}.js`), await bundle(name));

async function bundle(name: BundleName): Promise<string> {
  const code = await bundleFromSource(name);
  const match = /(\/\/# sourceMappingURL=data:application\/json;[^,\n]*,)([A-Za-z0-9+/=]+)\s*$/u.exec(code);
  const [, mark, encoded] = match ?? [];
  if (!match || !mark || !encoded) {
    throw new Error(`Cannot build "dist/${name}.js": no inline source map, expected one at its end`);
  }
  const map = Buffer.from(encoded, 'base64').toString('utf8').replaceAll(repositoryRoot, '');
  const body = code.slice(0, match.index);
  if (body.includes(repositoryRoot)) {
    throw new Error(`Cannot build "dist/${name}.js": it names this machine’s paths, expected relative ones`);
  }
  return `${body}${mark}${Buffer.from(map, 'utf8').toString('base64')}\n`;
}
