/**
 * The five test projects. Each says what it may touch: `unit` and `workflow` need no server, `replay` only recorded
 * histories, `server` a real Temporal dev server, `sandbox` root. No project retries: a test that needs luck is broken.
 */
import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const serverSetup = './test/server/global-setup.ts';
const source = ['countersign-source'];
// Without `import`: vitest hands these to Node, where `import` would also turn every `require` to a package's ESM form
// (protobufjs then finds no `long`, and Temporal's worker cannot read a timestamp).
const conditions = [...source, 'node', 'module'];
const shared = {
  pool: 'forks' as const,
  execArgv: source.map((name) => `--conditions=${name}`),
  environment: 'node' as const,
  retry: 0,
  restoreMocks: true,
  unstubEnvs: true,
};

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    watch: false,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 15_000,
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
