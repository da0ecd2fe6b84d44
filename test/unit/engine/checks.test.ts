import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Check } from '../../../engine/check.ts';
import { engineChecks } from '../../../engine/checks.ts';
import { fakeCliText, pinsFor, platform, testFolder, writeProgram } from './fake-cli.ts';

function byName(checks: readonly Check[], name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}

test('engineChecks on a ready machine finds every part with its version', async () => {
  const folder = await testFolder();
  const cli = await writeProgram(join(folder, 'temporal'), fakeCliText('1.9.2', join(folder, 'run')));
  const checks = await engineChecks({
    stateFolder: join(folder, 'new', 'state'),
    find: { environment: { COUNTERSIGN_TEMPORAL_CLI: cli, PATH: '/nowhere' }, platform },
  });
  expect(checks.map(({ name, ok }) => ({ name, ok }))).toEqual([
    { name: 'Node.js', ok: true },
    { name: 'Temporal CLI', ok: true },
    { name: 'Temporal SDK', ok: true },
    { name: 'SQLite', ok: true },
    { name: 'Python 3 with pip', ok: true },
    { name: 'State folder', ok: true },
    { name: 'Free disk space', ok: true },
    { name: 'Embedded engine', ok: true },
  ]);
  expect(byName(checks, 'Node.js')?.version).toBe(process.versions.node);
  expect(byName(checks, 'Temporal CLI')).toMatchObject({ version: '1.9.2' });
  expect(byName(checks, 'SQLite')?.version).toMatch(/^3\.\d+/u);
  expect(byName(checks, 'Temporal SDK')?.version).toMatch(/^\d+\.\d+\.\d+/u);
  expect(byName(checks, 'Python 3 with pip')?.detail).toContain('not needed');
  expect(byName(checks, 'Embedded engine')?.detail).toBe('not running');
});

test('engineChecks says the remedy for each part that is missing, and fetches nothing', async () => {
  const folder = await testFolder();
  const notAFolder = await writeProgram(join(folder, 'file'), '');
  await mkdir(join(folder, 'cache'));
  const checks = await engineChecks({
    stateFolder: join(notAFolder, 'state'),
    find: { environment: { PATH: '/nowhere', XDG_CACHE_HOME: join(folder, 'cache') }, platform, pins: pinsFor('x') },
  });
  const failing = checks.filter((check) => !check.ok);
  expect(failing.map((check) => check.name)).toEqual(['Temporal CLI', 'Python 3 with pip', 'State folder']);
  for (const check of failing) expect(check.remedy, check.name).toMatch(/\w/);
  for (const check of checks.filter(({ ok }) => ok)) expect(check.remedy).toBeUndefined();
});
