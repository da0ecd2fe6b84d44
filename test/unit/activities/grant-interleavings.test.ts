/**
 * Whatever happens in whatever order (calls that fit or not, time, revocation, withdrawal, tightened policy, votes), no call
 * runs by a grant outside its scope, over its uses, after its end, or without its quorum (P1, P2). The model here is written
 * from those words, not from the gate.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { permitBodyOf } from './check-call-world.ts';
import { zero } from '../../support/ticket-body.ts';
import { createGrantWorld, grantPolicy, groundsOf, type GrantWorld } from './grant-world.ts';
import { start } from './run-tool-world.ts';

const names = ['web-1', 'web-1', 'web-2', 'web-2', 'web-2', 'db-1', 'web-1;x', 'web-/../x', 'two'] as const;
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('call' as const), name: fc.constantFrom(...names), again: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('sign' as const), who: fc.constantFrom('olga', 'quinn', 'rita') }),
  },
  fc.constant({ kind: 'revoke' as const }),
  fc.constant({ kind: 'withdraw' as const }),
  fc.constant({ kind: 'deny' as const }),
  fc.constant({ kind: 'tighten' as const }),
  fc.constant({ kind: 'redeploy' as const }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Model {
  quorum: number;
  uses: number;
  expiresAt: number;
  signers: Set<string>;
  ended: boolean;
  used: Set<number>;
}

async function play(quorum: 1 | 2, uses: number, lifeMs: number, steps: readonly Step[]): Promise<number> {
  const policy = grantPolicy().replace('quorum: 1', `quorum: ${quorum}`);
  const world = await createGrantWorld({ policy });
  try {
    const ask = await world.ask({ argumentsText: '{"name":"web-0"}' });
    const expiresAt = start + lifeMs;
    const grant = world.grantFor(ask, { uses, expiresAt });
    const digest = await world.propose(grant);
    const model: Model = { quorum, uses, expiresAt, signers: new Set(), ended: false, used: new Set() };
    const voted = new Map<string, string>();
    let index = 0;
    for (const one of steps) {
      switch (one.kind) {
        case 'wait':
          world.clock.at += one.ms;
          break;
        case 'sign': {
          if (voted.has(one.who)) break;
          voted.set(one.who, await world.storeVote(ask, { principal: one.who, grantDigest: digest }));
          // Rita asked; she signs nothing. Nor does anybody after the deadline of the request.
          if (one.who !== 'rita' && world.clock.at <= start + 60_000) model.signers.add(one.who);
          break;
        }
        case 'withdraw': {
          const withdraws = voted.get('olga');
          if (withdraws === undefined) break;
          await world.storeVote(ask, { verdict: 'withdraw', withdraws });
          model.signers.delete('olga');
          break;
        }
        case 'deny':
          await world.enrol('dan');
          await world.storeVote(ask, { principal: 'dan', verdict: 'deny' });
          if (world.clock.at <= start + 60_000) model.ended = true;
          break;
        case 'revoke':
          await world.order({ kind: 'grant-revocation', grantId: grant.grantId, by: 'pete', reason: null });
          model.ended = true;
          break;
        case 'tighten': {
          const policyDigest = await world.store.putBody(
            policy.replace('deadline: 60s', 'deadline: 60s\n    reasonRequired: true'),
          );
          await world.order({ kind: 'policy-activation', agent: 'ops', packDigest: zero, policyDigest, by: 'root' });
          model.ended = true;
          break;
        }
        case 'redeploy':
          world.redeploy();
          model.ended = true;
          break;
        case 'call':
          if (!one.again || index === 0) index += 1;
          await judge(world, model, index, one.name);
      }
    }
    return model.used.size;
  } finally {
    await world.store.close();
  }
}

async function judge(world: GrantWorld, model: Model, index: number, name: string): Promise<void> {
  const result = await world.call(index, name, { pass: 1 + passes.next() });
  if (!groundsOf(result).startsWith('grant')) return;
  const permit = permitBodyOf(result);
  const use = permit.grant?.use ?? 0;
  expect(['web-1', 'web-2']).toContain(name);
  expect(model.ended).toBe(false);
  expect(model.signers.size).toBeGreaterThanOrEqual(model.quorum);
  expect(world.clock.at).toBeLessThanOrEqual(model.expiresAt);
  expect(permit.grant?.executeByAt).toBeLessThanOrEqual(model.expiresAt);
  model.used.add(index);
  expect(use).toBeLessThanOrEqual(model.uses);
  expect(model.used.size).toBeLessThanOrEqual(model.uses);
}

/** Each pass is its own decision: a stored one would be given back whatever happened since. */
const passes = {
  last: 0,
  next(): number {
    this.last += 1;
    return this.last;
  },
};

test('P1 P2 no grant lets a call through outside its scope, over its uses, after its end, or without its quorum', async () => {
  let granted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1 as const, 2 as const),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 10_000, max: 100_000 }),
      fc.array(step, { minLength: 3, maxLength: 16 }),
      async (quorum, uses, lifeMs, steps) => {
        // Begun with its signatures in half of all plays, so that there is something to take away.
        const signed: Step[] =
          lifeMs % 2 === 0
            ? [
                { kind: 'sign', who: 'olga' },
                { kind: 'sign', who: 'quinn' },
              ]
            : [];
        granted += await play(quorum, uses, lifeMs, [...signed, ...steps]);
      },
    ),
    { numRuns: 60, seed: 20_261_129 },
  );
  // The property means nothing where no grant was ever used.
  expect(granted).toBeGreaterThan(20);
});
