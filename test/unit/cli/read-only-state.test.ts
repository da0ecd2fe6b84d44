/** `replay` and `export` of a state folder that cannot be written: what has to write says so before it tries, with the remedy. */
import { constants } from 'node:fs';
import type * as Files from 'node:fs/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { withCacheFolder } from '../../../cli/parts/cache-folder.ts';
import { loadOrCreateKeys } from '../../../keys/index.ts';
import { readConfig } from '../../../worker/config.ts';
import { now, runCli, temporaryFolder } from './run-cli.ts';
import { workflowId } from './views.ts';

/** What lies on the medium; root may write wherever modes alone forbid it. */
const medium = vi.hoisted(() => ({ folder: '' }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof Files>();
  const access: typeof real.access = async (path, mode) => {
    if (mode === constants.W_OK && medium.folder !== '' && String(path).startsWith(medium.folder)) {
      throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
    }
    await real.access(path, mode);
  };
  return { ...real, access };
});

beforeEach(() => {
  medium.folder = '';
});

test.each(['replay', 'export'])('%s says that the engine has to write, and what to do instead', async (command) => {
  const state = await readOnlyState();
  const { exit, stderr } = await runCli([command, workflowId, '--state', state]);
  expect(stderr).toContain('the folder cannot be written (EROFS)');
  expect(stderr).toContain('copy the state folder to where you may write and name that with --state');
  expect(exit).toBe(2);
});

test('a bundle for a replay is then made in a folder of its own', async () => {
  const config = readConfig({ COUNTERSIGN_STATE: await readOnlyState() });
  const used = await withCacheFolder(config, (folder) => Promise.resolve(folder));
  expect(used.startsWith(config.stateFolder)).toBe(false);
});

async function readOnlyState(): Promise<string> {
  const state = await temporaryFolder();
  await loadOrCreateKeys({ folder: join(state, 'keys'), domains: ['vote'], clock: { now: () => now } });
  const ended = { pid: 1, identity: 'x', address: '127.0.0.1:1', uiUrl: '', namespace: 'n', startedAt: 1, endedAt: 2 };
  await writeFile(join(state, 'engine.json'), JSON.stringify(ended));
  medium.folder = state;
  return state;
}
