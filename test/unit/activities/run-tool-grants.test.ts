/** A permit that rests on a grant, at the tool: it ends with the grant, and a revocation is read where the effect is reserved. */
import { describe, expect, test } from 'vitest';
import type { GrantedBy } from '../../../core/contracts/grant.ts';
import { digestText } from '../../../core/digest.ts';
import { createWorld, kindOf, start } from './run-tool-world.ts';

const zero = digestText('body', '');

const grant: GrantedBy = {
  grantId: 'k3v9x0a1b2c3',
  grantDigest: zero,
  nonce: '33333333-3333-4333-8333-333333333333',
  voteDigests: [zero],
  use: 1,
  executeByAt: start + 30_000,
};

describe('P2 a permit that rests on a grant', () => {
  test('runs in time, and reserves with the grant and its votes named', async () => {
    const world = createWorld();
    const seen: unknown[] = [];
    const { store } = world.dependencies;
    Object.assign(world.dependencies, {
      store: {
        ...store,
        reserveFence: async (from: Parameters<typeof store.reserveFence>[0]) => {
          seen.push(from);
          return await store.reserveFence(from);
        },
      },
    });
    expect(kindOf(await world.run(world.sign(world.permitBody('execute', { grant }))))).toBe('succeeded');
    expect(seen).toMatchObject([{ grant, nonce: null, executeByAt: grant.executeByAt }]);
  });

  test('does not start after the end of the grant', async () => {
    const world = createWorld();
    world.clock.at = grant.executeByAt + 1;
    const permit = world.sign(world.permitBody('execute', { grant }));
    expect(await world.run(permit)).toMatchObject({ kind: 'not-started', code: 'grant-ended' });
    expect(world.executed).toEqual([]);
  });

  test.each([
    ['revoked', 'grant-ended'],
    ['withdrawn', 'approval-withdrawn'],
  ] as const)('does not start where the reserve finds it %s', async (kind, code) => {
    const world = createWorld();
    const { store } = world.dependencies;
    Object.assign(world.dependencies, { store: { ...store, reserveFence: async () => ({ kind }) } });
    const permit = world.sign(world.permitBody('execute', { grant }));
    expect(await world.run(permit)).toMatchObject({ kind: 'not-started', code });
    expect(world.executed).toEqual([]);
  });

  test('reserves also for a read: people decided about it', async () => {
    const world = createWorld({ effect: 'read' });
    await world.run(world.sign(world.permitBody('execute', { grant })));
    expect(world.memory.calls).toContain('reserveFence');
    const free = createWorld({ effect: 'read' });
    await free.run(free.sign(free.permitBody()));
    expect(free.memory.calls).not.toContain('reserveFence');
  });
});
