/** The times beside approvals: from the request, and from the first look of whoever approved. */
import { describe, expect, it } from 'vitest';
import { digestText } from '../../../../core/digest.ts';
import { aVote, nonceOf, someTimeAt, voteDigest } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { decide, openRun } from './scene.ts';

/** Of this suite alone: other tests vote in the same database. */
const names = ['pace-ann', 'pace-bob', 'pace-cat'] as const;

export function approvalPaceConformance(current: CurrentHarness): void {
  describe('the pace of approvals', () => {
    it('is that of approvals since a time, newest first, each with the first look of its own person', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      const cast = async (name: string, castAt: number, verdict: 'approve' | 'deny' = 'approve', of = nonce) => {
        const vote = aVote(of, name, { verdict, castAt });
        await store.storeVote(vote, voteDigest(vote));
      };
      const look = async (principal: string, at: number, channel: 'web' | 'slack') =>
        await store.noteLook({
          nonce,
          principal,
          channel,
          cardDigest: digestText('card', 'a card'),
          authenticated: { method: 'api-key', credentialId: 'k1' },
          at,
        });
      const [ann, bob, cat] = names;
      await look(ann, someTimeAt + 40, 'web');
      await look(ann, someTimeAt + 20, 'slack');
      // After the answer: it was not read then.
      await look(bob, someTimeAt + 900, 'web');
      await cast(ann, someTimeAt + 50);
      await cast(bob, someTimeAt + 60);
      await cast(cat, someTimeAt + 70, 'deny');
      // A vote that fits no request of ours says nothing of how long anybody took.
      await cast(cat, someTimeAt + 80, 'approve', nonceOf(scene.nonce + 7));
      const pace = async (from: number) =>
        (await store.approvalPace({ from, limit: 1000 })).filter(({ principal }) => names.some((n) => n === principal));
      const askedAt = someTimeAt;
      expect(await pace(someTimeAt)).toEqual([
        { principal: bob, castAt: someTimeAt + 60, askedAt, lookedAt: null },
        { principal: ann, castAt: someTimeAt + 50, askedAt, lookedAt: someTimeAt + 20 },
      ]);
      expect(await pace(someTimeAt + 51)).toHaveLength(1);
      expect(await store.approvalPace({ from: someTimeAt, limit: 1 })).toHaveLength(1);
    });
  });
}
