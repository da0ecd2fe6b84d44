/**
 * The six test projects. Each says what it may touch: `unit` and `workflow` need no server, `replay` only recorded
 * histories, `server` a real Temporal dev server, `sandbox` root. `unit-shared` is the part of `unit` whose folders keep nothing
 * between tests: its files share a process. No project retries: a test that needs luck is broken.
 */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const serverSetup = './test/server/global-setup.ts';
const source = ['countersign-source'];
// Without `import`: vitest hands these to Node, where `import` would also turn every `require` to a package's ESM form
// (protobufjs then finds no `long`, and Temporal's worker cannot read a timestamp).
const conditions = [...source, 'node', 'module'];
/**
 * Their tests mock no module, set nothing of the process and leave nothing behind; to load the code anew for each file cost
 * more than most of them. Not those in a browser: each of their files has a browser of its own.
 */
const sharedFolders = [
  ...['activities', 'audit', 'core', 'guards', 'policy'].map((name) => `test/unit/${name}/**/*.test.ts`),
  'test/unit/gateway/!(inbox-*).test.ts',
];
const longestFiles = JSON.parse(readFileSync(new URL('test/longest-files.json', import.meta.url), 'utf8')) as string[];
const shared = {
  pool: 'forks' as const,
  execArgv: source.map((name) => `--conditions=${name}`),
  environment: 'node' as const,
  retry: 0,
  restoreMocks: true,
  unstubEnvs: true,
};

/** On a clean clone nothing else knows how long a file takes, and a long one would run alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const listed = longestFiles.indexOf(relative(this.ctx.config.root, moduleId));
      return listed < 0 ? longestFiles.length : listed;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    watch: false,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: sharedFolders,
          // Many times what a test takes alone: none depends on it, and it only ends what hangs.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'unit-shared',
          include: sharedFolders,
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'replay',
          include: ['test/replay/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'server',
          include: ['test/server/**/*.test.ts'],
          globalSetup: existsSync(serverSetup) ? [serverSetup] : [],
          maxWorkers: 2,
          // Runs side by side in one file; most of their time is spent waiting for somebody's time-out.
          maxConcurrency: 4,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'sandbox',
          include: ['test/sandbox/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
