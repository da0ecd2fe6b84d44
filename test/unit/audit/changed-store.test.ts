/** Somebody with the database changes one row of a run: its replay names what cannot be read, and looks at the rest all the same. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { verifyRecorded } from '../../../audit/replay-run.ts';
import { digestJson } from '../../../core/digest.ts';
import { aVote, nonceOf, workflowIdOf } from '../../support/signed-objects.ts';
import { audience, startWorld, storeFile, type World } from '../gateway/gateway-world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ storeInFile: true });
  const { askDigest } = await world.ask(1);
  const { body } = aVote(nonceOf(1), 'cat', { verdict: 'deny', castAt: world.clock.at });
  const vote = world.seal('vote', { ...body, askDigest });
  await world.store.storeVote(vote, digestJson('vote', vote));
});
afterEach(() => world.close());

/** Of the store's checks, what failed and why. */
async function failures(): Promise<string[]> {
  const { store, keys } = world;
  const { checks } = await verifyRecorded({
    workflowId: workflowIdOf(1),
    links: [],
    registry: keys.registry,
    audience,
    store,
  });
  return checks
    .filter(({ id, result }) => id.startsWith('store-') && result === 'failed')
    .flatMap(({ id, problems }) => problems.map(({ reason }) => `${id}: ${reason}`));
}

it.each([
  ['runs', `principal = 'eve'`, 'store-run: the stored run cannot be read'],
  ['decisions', `decision = '{}'`, 'store-decisions: the stored decisions cannot be read'],
  ['asks', `card = '{}'`, 'store-cards: the stored requests cannot be read'],
  ['votes', `verdict = 'approve'`, `store-votes: the stored votes on request ${nonceOf(1)} cannot be read`],
  ['control', `record = 'x'`, 'store-orders: the stored orders cannot be read'],
  ['ledger', `body = 'x'`, 'store-ledger: the ledger cannot be read'],
])('a row of %s', async (table, change, failure) => {
  const said = `${failure}: a row was changed in the database`;
  expect(await failures()).not.toContain(said);
  const raw = new Database(join(world.folder, storeFile));
  // Whoever has the file drops the triggers that guard it first.
  const triggers = raw.prepare(`select name from sqlite_master where type = 'trigger'`).pluck().all() as string[];
  for (const trigger of triggers) raw.exec(`drop trigger ${trigger}`);
  const { changes } = raw.prepare(`update ${table} set ${change}`).run();
  raw.close();
  expect(changes).toBeGreaterThan(0);
  const found = await failures();
  expect(found.filter((line) => line === said)).toHaveLength(1);
});

it('an outage is none: it ends the replay', async () => {
  await world.store.close();
  await expect(failures()).rejects.toMatchObject({ code: 'store-unavailable' });
});
