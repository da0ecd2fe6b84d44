/** `setup --check` before anything was set up: it says what is missing, and what would make the set-up fail. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createDatabase } from '../../support/postgres-database.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { runCli, temporaryFolder } from './run-cli.ts';

const said = z.object({
  steps: z.array(z.object({ state: z.string(), detail: z.string(), remedy: z.string().optional() })),
});

test('a database without tables is missing them, and whoever owns it is told to run setup', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const database = await createDatabase(server, false);
  onTestFinished(() => database.dispose());
  const { host, port, user, database: name, passwordFile } = database.location;
  const environment = {
    COUNTERSIGN_STATE: await temporaryFolder(),
    COUNTERSIGN_STORE: `postgres://${user}@${host}:${port}/${name}`,
    COUNTERSIGN_STORE_PASSWORD_FILE: passwordFile ?? '',
  };
  const { exit, stdout } = await runCli(['setup', '--check', '--only', 'store', '--json'], { environment });
  const [step] = said.parse(JSON.parse(stdout)).steps;
  expect(step).toMatchObject({ state: 'missing', detail: expect.stringContaining('it has no tables') as unknown });
  expect(step?.remedy).toContain('countersign setup');
  expect(exit).toBe(1);
});

test('a key folder that others may enter is said, as the set-up would', async () => {
  const state = await temporaryFolder();
  await mkdir(join(state, 'keys'));
  await chmod(join(state, 'keys'), 0o755);
  const { exit, stdout } = await runCli(['setup', '--check', '--only', 'keys', '--state', state, '--json']);
  const [step] = said.parse(JSON.parse(stdout)).steps;
  expect(step).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('its mode is 0755, expected 0700') as unknown,
  });
  expect(exit).toBe(6);
});
