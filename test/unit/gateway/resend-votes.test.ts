/** A vote that was stored and never signalled is sent later; one that would lose anyway is not. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { digestJson } from '../../../core/digest.ts';
import { startGateway } from '../../../gateway/index.ts';
import { contextOf } from '../../../gateway/options.ts';
import { resendVotes } from '../../../gateway/resend-votes.ts';
import type { KeySet } from '../../../keys/index.ts';
import type { AskRow } from '../../../store/store.ts';
import { aVote, linkOf, workflowIdOf } from '../../support/signed-objects.ts';
import { newKeys, startWorld, type World } from './gateway-world.ts';

let world: World;
let ask: AskRow;
beforeEach(async () => {
  world = await startWorld();
  ask = await world.ask(1);
});
afterEach(() => world.close());

async function storeVote(changes: { castAt?: number; keys?: KeySet } = {}) {
  const { body } = aVote(ask.nonce, 'bob', { verdict: 'deny', castAt: changes.castAt ?? world.clock.at });
  const vote = world.seal('vote', body, changes.keys);
  await world.store.storeVote(vote, digestJson('vote', vote));
  return vote;
}

async function resend() {
  return await resendVotes(contextOf(world.options));
}

it('is sent once, and marked', async () => {
  const vote = await storeVote();
  expect(await resend()).toEqual({ signalled: 1, dropped: 0 });
  expect(await resend()).toEqual({ signalled: 0, dropped: 0 });
  expect(world.door.signals).toEqual([{ workflowId: workflowIdOf(1), name: 'vote', payload: vote }]);
});

it('waits while the server is away', async () => {
  await storeVote();
  world.door.down = true;
  await expect(resend()).rejects.toMatchObject({ code: 'server-unavailable' });
  world.door.down = false;
  expect(await resend()).toEqual({ signalled: 1, dropped: 0 });
});

it.each([
  ['late', () => storeVote({ castAt: ask.deadlineAt + 1 })],
  ['signed by another key', async () => storeVote({ keys: await newKeys(world.folder) })],
  [
    'of a run that ended',
    async () => {
      await storeVote();
      world.door.links.set(workflowIdOf(1), { linkRunId: linkOf(1), status: 'closed', cancelRequested: false });
    },
  ],
  [
    'of a run that was reset',
    async () => {
      await storeVote();
      const link = { workflowId: workflowIdOf(1), linkRunId: linkOf(9), expectedLastLinkRunId: linkOf(1) };
      await world.store.registerLink({ ...link, kind: 'reset', now: world.clock.at });
    },
  ],
])('that is %s is marked and not sent', async (_what, arrange) => {
  await arrange();
  expect(await resend()).toEqual({ signalled: 0, dropped: 1 });
  expect(world.door.signals).toEqual([]);
  expect(await world.store.unsignalledVotes(10)).toEqual([]);
});

it('is sent when a gateway starts', async () => {
  await storeVote();
  const gateway = await startGateway(world.options);
  expect(gateway.url).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+$/);
  await gateway.close();
  expect(world.door.signals).toHaveLength(1);
});
