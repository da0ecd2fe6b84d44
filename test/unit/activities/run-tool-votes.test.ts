/** A tool that demands votes runs only when the worker itself has verified them. One flaw a test. */
import { describe, expect, test } from 'vitest';
import { digestText } from '../../../core/digest.ts';
import { createWorld, keyIdOf, otherUuid, type ToolChange, type World } from './run-tool-world.ts';

describe('run-tool of a tool that demands votes', () => {
  const demanding: ToolChange = { votesDemanded: 2 };
  const votesFor = (world: World) => [world.vote('bo'), world.vote('cy')];

  test('runs with two approvals by two principals that the permit lists', async () => {
    const world = createWorld(demanding);
    const votes = votesFor(world);
    const permit = world.sign(world.permitBody('execute', { approval: world.approval(votes) }));
    expect(await world.run(permit, { votes })).toMatchObject({ kind: 'receipt' });
  });

  test.each<[string, (world: World) => Promise<unknown>]>([
    ['the permit has no approval', (world) => world.run(world.sign(world.permitBody()), { votes: votesFor(world) })],
    [
      'one is missing',
      (world) => {
        const votes = votesFor(world);
        return world.run(world.sign(world.permitBody('execute', { approval: world.approval(votes) })), {
          votes: votes.slice(1),
        });
      },
    ],
    ['one is given twice', (world) => withVotes(world, [world.vote('bo'), world.vote('bo')])],
    [
      'two are by the same principal',
      (world) => withVotes(world, [world.vote('bo'), world.vote('bo', { reason: 'again' })]),
    ],
    ['one denies', (world) => withVotes(world, [world.vote('bo'), world.vote('cy', { verdict: 'deny' })])],
    [
      'one is of another nonce',
      (world) => withVotes(world, [world.vote('bo'), world.vote('cy', { nonce: otherUuid })]),
    ],
    [
      'one is of another ask',
      (world) => withVotes(world, [world.vote('bo'), world.vote('cy', { askDigest: digestText('body', 'x') })]),
    ],
    [
      'one was changed',
      (world) => {
        const votes = votesFor(world);
        const forged = { ...votes[1]!, body: { ...votes[1]!.body, principal: 'di' } };
        return withVotes(world, [votes[0]!, forged]);
      },
    ],
    [
      'one is not in the permit',
      (world) => {
        const votes = votesFor(world);
        const permit = world.sign(world.permitBody('execute', { approval: world.approval(votes.slice(0, 1)) }));
        return world.run(permit, { votes });
      },
    ],
    [
      'one’s credential was revoked',
      (world) => {
        world.order({ kind: 'api-key-revocation', keyId: keyIdOf('cy'), by: 'root' });
        return withVotes(world, votesFor(world));
      },
    ],
    [
      'one’s credential fell with the key that had made it',
      (world) => {
        world.enrol('cy', keyIdOf('di'));
        world.order({ kind: 'api-key-revocation', keyId: keyIdOf('di'), by: 'root', withMade: true });
        return withVotes(world, votesFor(world));
      },
    ],
    [
      'one’s credential is another’s',
      (world) => {
        const [first] = votesFor(world);
        const authenticated = { method: 'api-key' as const, credentialId: keyIdOf('cy'), mintedBy: 'di' };
        return withVotes(world, [first!, world.vote('di', { authenticated })]);
      },
    ],
  ])('refuses when %s', async (_, act) => {
    const world = createWorld(demanding);
    expect(await act(world)).toMatchObject({ kind: 'refused', code: 'votes-missing' });
    expect(world.executed).toEqual([]);
  });

  function withVotes(world: World, votes: ReturnType<typeof votesFor>) {
    return world.run(world.sign(world.permitBody('execute', { approval: world.approval(votes) })), { votes });
  }
});
