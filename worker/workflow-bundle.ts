/**
 * The workflow code a worker runs, and the same code with the interceptor that an auditor replays with: prebuilt in the
 * published package; bundled from source in the repository, once per content, so that a restart after a crash does not wait
 * for a bundler.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { silentLogger } from '../client/silent-logger.ts';
import { payloadConverterPath } from '../client/temporal-door.ts';

export interface WorkflowBundle {
  codePath: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const sourceFolders = ['core', 'workflows'];

/**
 * Evaluated once for each thread, frozen, and shared by its runs: code without state. The digests' is compiled once then, and
 * not interpreted anew by every run.
 */
const preloaded = ['workflows/short-stacks.ts', 'core/digest.ts', 'core/transcript.ts'];

/** Each bundle with the modules it holds beside the workflows. */
const interceptorsByBundle = {
  'workflow-bundle': [join(root, 'workflows', 'late-answers.ts')],
  'replay-bundle': [join(root, 'workflows', 'replay-interceptor.ts')],
} as const satisfies Record<string, readonly string[]>;
export type BundleName = keyof typeof interceptorsByBundle;
export const bundleNames: readonly BundleName[] = ['workflow-bundle', 'replay-bundle'];

/** @param cacheFolder where a bundle made from source is kept; only its owner may write there. */
export async function workflowBundle(cacheFolder: string): Promise<WorkflowBundle> {
  return await bundleNamed('workflow-bundle', cacheFolder);
}

/** For `replayRun`; never for a worker: it re-emits every argument that the code computes. */
export async function replayBundle(cacheFolder: string): Promise<WorkflowBundle> {
  return await bundleNamed('replay-bundle', cacheFolder);
}

/** Code of a bundle, made from source; in the repository only. */
export async function bundleFromSource(name: BundleName): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', 'index.ts'),
    workflowInterceptorModules: [...interceptorsByBundle[name]],
    preloadModules: preloaded.map((path) => join(root, path)),
    // Of the bundle too: what a worker's workflow code cannot decode would stop its run for ever.
    payloadConverterPath,
    logger: silentLogger,
  });
  return code;
}

async function bundleNamed(name: BundleName, cacheFolder: string): Promise<WorkflowBundle> {
  const prebuilt = join(root, `${name}.js`);
  if (existsSync(prebuilt)) return { codePath: prebuilt };
  const codePath = join(cacheFolder, `${name}-${await sourceDigest()}.js`);
  if (existsSync(codePath)) return { codePath };
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 });
  const code = await bundleFromSource(name);
  // Two processes, or two workers of one, may bundle at once: each renames a whole file into place.
  const temporary = `${codePath}.${randomUUID()}`;
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
