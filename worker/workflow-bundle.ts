/**
 * The workflow code a worker runs, and the same code with the interceptor that an auditor replays with: prebuilt in the
 * published package; bundled from source in the repository, once per content, so that a restart after a crash does not wait
 * for a bundler.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { payloadConverterPath } from '../client/temporal-door.ts';

export interface WorkflowBundle {
  codePath: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const sourceFolders = ['core', 'workflows'];

/** @param cacheFolder where a bundle made from source is kept; only its owner may write there. */
export async function workflowBundle(cacheFolder: string): Promise<WorkflowBundle> {
  return await bundleNamed('workflow-bundle', cacheFolder, []);
}

/** For `replayRun`; never for a worker: it re-emits every argument that the code computes. */
export async function replayBundle(cacheFolder: string): Promise<WorkflowBundle> {
  return await bundleNamed('replay-bundle', cacheFolder, [join(root, 'workflows', 'replay-interceptor.ts')]);
}

async function bundleNamed(name: string, cacheFolder: string, interceptors: string[]): Promise<WorkflowBundle> {
  const prebuilt = join(root, `${name}.js`);
  if (existsSync(prebuilt)) return { codePath: prebuilt };
  const codePath = join(cacheFolder, `${name}-${await sourceDigest()}.js`);
  if (existsSync(codePath)) return { codePath };
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 });
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', 'index.ts'),
    workflowInterceptorModules: interceptors,
    payloadConverterPath,
    logger: quiet,
  });
  // Two processes may bundle at once: each renames a whole file into place.
  const temporary = `${codePath}.${process.pid}`;
  await writeFile(temporary, code, { mode: 0o600 });
  await rename(temporary, codePath);
  return { codePath };
}

async function sourceDigest(): Promise<string> {
  const hash = createHash('sha256').update(sdkVersion());
  for (const folder of sourceFolders) {
    const names = (await readdir(join(root, folder), { recursive: true }))
      .filter((name) => name.endsWith('.ts'))
      .toSorted();
    for (const name of names) hash.update(name).update(await readFile(join(root, folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

function sdkVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json');
  return JSON.stringify(manifest);
}

const quiet = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
