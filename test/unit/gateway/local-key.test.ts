/** The key of the person at this machine: made once, private, replaced when it no longer stands. */
import { chmod, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appendOrder } from '../../../gateway/control-records.ts';
import { ensureLocalKey, type LocalKey, localKeyPath } from '../../../gateway/index.ts';
import { principalSchema } from '../../../core/contracts/ids.ts';
import { standingKeys } from '../../../gateway/credentials.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

function ensure(changes: { roles?: string[]; principal?: string } = {}): Promise<LocalKey> {
  return ensureLocalKey({ ...world.options, stateFolder: join(world.folder, 'state'), ...changes });
}

async function works(key: string): Promise<boolean> {
  return (await world.call('GET', '/v1/runs', { key })).status === 200;
}

it('is made with all scopes for the user of this machine, and works', async () => {
  const local = await ensure();
  expect(local.made).toBe(true);
  expect(principalSchema.safeParse(local.principal).success).toBe(true);
  const record = (await standingKeys(world.options)).get(local.apiKey.slice(3, 15));
  expect(record).toMatchObject({ roles: ['admin'], person: true, mintedBy: local.principal });
  expect(await works(local.apiKey)).toBe(true);
});

it('is in a file that only its owner can use', async () => {
  const { path, apiKey } = await ensure();
  expect(path).toBe(localKeyPath(join(world.folder, 'state')));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await readFile(path, 'utf8')).trim()).toBe(apiKey);
});

it('is kept as long as its record stands', async () => {
  const first = await ensure();
  expect(await ensure({ roles: ['operator'] })).toEqual({ ...first, made: false });
});

it.each([
  [
    'revoked',
    async (key: string) => {
      await appendOrder(world.options, { kind: 'api-key-revocation', keyId: key.slice(3, 15), by: 'ann' });
    },
  ],
  [
    'expired',
    () => {
      world.clock.at += 367 * 86_400_000;
      return Promise.resolve();
    },
  ],
  [
    'about to expire',
    () => {
      world.clock.at += 340 * 86_400_000;
      return Promise.resolve();
    },
  ],
  [
    'garbage',
    async () => {
      await writeFile(localKeyPath(join(world.folder, 'state')), 'cs_nothing');
    },
  ],
])('is replaced when it is %s', async (_what, spoil) => {
  const first = await ensure();
  await spoil(first.apiKey);
  const second = await ensure();
  expect(second.made).toBe(true);
  expect(second.apiKey).not.toBe(first.apiKey);
  expect(await works(second.apiKey)).toBe(true);
});

it('is replaced and revoked when others could read its file', async () => {
  const first = await ensure();
  await chmod(first.path, 0o644);
  const second = await ensure();
  expect(second.apiKey).not.toBe(first.apiKey);
  expect(await works(first.apiKey)).toBe(false);
  expect((await stat(second.path)).mode & 0o777).toBe(0o600);
});

it('is never written through a link', async () => {
  const { path } = await ensure();
  const elsewhere = join(world.folder, 'elsewhere');
  await writeFile(elsewhere, 'untouched');
  await rm(path);
  await symlink(elsewhere, path);
  await ensure();
  expect(await readFile(elsewhere, 'utf8')).toBe('untouched');
});
