/**
 * What a published package has and a program from source makes for itself, kept by all tests of this user: the workflow bundles,
 * one for each state of the code, and the compiled code of the programs that tests start. Node.js reads the latter by a hash
 * of the source, so that no change meets old code.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { replayBundle, workflowBundle } from '../../worker/workflow-bundle.ts';

export const bundleFolder = join(tmpdir(), `countersign-test-bundle-${process.getuid?.() ?? 0}`);

/** For the environment of a process that a test starts. */
export const compiledCode = { NODE_COMPILE_CACHE: bundleFolder };

/** Makes what is missing of both bundles: several seconds of work, which processes that start side by side would each do. */
export async function makeBundles(): Promise<string[]> {
  const bundles = await Promise.all([workflowBundle(bundleFolder), replayBundle(bundleFolder)]);
  return bundles.map(({ codePath }) => codePath);
}

/**
 * A state folder whose programs find both bundles. That a program makes them itself where they are missing is seen in
 * readme.test.ts.
 */
export async function placeBundles(stateFolder: string): Promise<void> {
  const cache = join(stateFolder, 'cache');
  await mkdir(cache, { recursive: true, mode: 0o700 });
  await Promise.all((await makeBundles()).map((path) => copyFile(path, join(cache, basename(path)))));
}
