/**
 * Records test/histories anew: one run per branch of the road on a real dev server. Do it only when no run of the old code
 * can exist any more; otherwise a change of the workflow belongs behind `patched`.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './lint/repository-files.ts';

const folder = join(repositoryRoot, 'test', 'histories');
for (const file of readdirSync(folder)) if (file.endsWith('.json')) rmSync(join(folder, file));
const recorded = spawnSync('vitest', ['run', '--project', 'server', 'test/server/replay-branches.test.ts'], {
  cwd: repositoryRoot,
  stdio: 'inherit',
  env: { ...process.env, RECORD_HISTORIES: '1' },
});
process.exitCode = recorded.status ?? 1;
