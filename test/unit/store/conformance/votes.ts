/** Votes: stored before they are signalled, one of each principal. */
import { describe, expect, it } from 'vitest';
import { anyDigest, aVote, nonceOf, someTimeAt, voteDigest } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { newScene, openRun, reservationOf } from './scene.ts';

export function voteConformance(current: CurrentHarness): void {
  describe('votes', () => {
    it('the first vote of a principal stays, a second one is a duplicate', async () => {
      const { store } = current();
      const nonce = nonceOf(newScene().nonce);
      const [deny, approve] = [aVote(nonce, 'bob', { verdict: 'deny' }), aVote(nonce, 'bob')];
      expect(await store.storeVote(deny, voteDigest(deny))).toEqual({ kind: 'stored' });
      const first = { vote: deny, digest: voteDigest(deny), signalled: false };
      expect(await store.storeVote(approve, voteDigest(approve))).toEqual({ kind: 'duplicate', first });
      expect(await store.storeVote(deny, voteDigest(deny))).toEqual({ kind: 'duplicate', first });
      expect(await store.votesByNonce(nonce)).toEqual([first]);
    });

    it('votes of one principal at once are stored once', async () => {
      const { store, another } = current();
      const other = await another();
      const nonce = nonceOf(newScene().nonce);
      const votes = Array.from({ length: 10 }, (_, index) => aVote(nonce, 'bob', { castAt: someTimeAt + index }));
      const results = await Promise.all(
        votes.map((vote, index) => (index % 2 ? store : other).storeVote(vote, voteDigest(vote))),
      );
      await other.close();
      expect(results.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
      expect(await store.votesByNonce(nonce)).toHaveLength(1);
    });

    it('a vote that fits no request is kept, in order of casting', async () => {
      const { store } = current();
      const nonce = nonceOf(newScene().nonce);
      const [late, early] = [aVote(nonce, 'bob', { castAt: 9 }), aVote(nonce, 'cat', { castAt: 8 })];
      for (const vote of [late, early]) await store.storeVote(vote, voteDigest(vote));
      expect((await store.votesByNonce(nonce)).map(({ vote }) => vote)).toEqual([early, late]);
    });

    it('of many requests are read at once, each with its own in order, and none for those that nobody voted on', async () => {
      const { store } = current();
      const [one, other, silent] = [1, 2, 3].map(() => nonceOf(newScene().nonce));
      if (one === undefined || other === undefined || silent === undefined) throw new TypeError('three');
      const [late, early, apart] = [
        aVote(one, 'bob', { castAt: 9 }),
        aVote(one, 'cat', { castAt: 8 }),
        aVote(other, 'bob'),
      ];
      for (const vote of [late, early, apart]) await store.storeVote(vote, voteDigest(vote));
      const taken = aVote(other, 'bob', { verdict: 'withdraw', withdraws: voteDigest(apart), castAt: someTimeAt + 11 });
      await store.storeVote(taken, voteDigest(taken));
      const found = await store.votesByNonces([one, silent, other]);
      expect([...found.keys()].toSorted()).toEqual([one, other].toSorted());
      for (const nonce of [one, other]) expect(found.get(nonce)).toEqual(await store.votesByNonce(nonce));
      expect(found.get(one)?.map(({ vote }) => vote)).toEqual([early, late]);
      expect(found.get(other)?.map(({ vote }) => vote)).toEqual([apart, taken]);
      expect(await store.votesByNonces([])).toEqual(new Map());
    });

    it('a withdrawal is kept beside the vote that it takes back, once', async () => {
      const { store } = current();
      const nonce = nonceOf(newScene().nonce);
      const vote = aVote(nonce, 'bob', { castAt: someTimeAt });
      const withdraws = voteDigest(vote);
      const [first, second] = [1, 2].map((after) =>
        aVote(nonce, 'bob', { verdict: 'withdraw', withdraws, castAt: someTimeAt + after }),
      );
      if (!first || !second) throw new TypeError('two');
      await store.storeVote(vote, withdraws);
      expect(await store.storeVote(first, voteDigest(first))).toEqual({ kind: 'stored' });
      expect((await store.storeVote(second, voteDigest(second))).kind).toBe('duplicate');
      expect((await store.votesByNonce(nonce)).map((stored) => stored.vote)).toEqual([vote, first]);
      const changes = await store.approvalChanges({ from: someTimeAt, limit: 10_000 });
      expect(changes.filter((change) => change.nonce === nonce).map(({ digest }) => digest)).toEqual([
        withdraws,
        voteDigest(first),
      ]);
      expect((await store.unsignalledVotes(1000)).map(({ digest }) => digest)).toContain(voteDigest(first));
      await store.markVoteSignalled(voteDigest(first));
      expect((await store.unsignalledVotes(1000)).map(({ digest }) => digest)).not.toContain(voteDigest(first));
    });

    it('a withdrawal of a vote that a permit rests on reserves nothing, one of another vote changes nothing', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      const [kept, taken] = [aVote(nonce, 'bob'), aVote(nonce, 'cat')];
      const withdrawal = aVote(nonce, 'cat', { verdict: 'withdraw', withdraws: voteDigest(taken) });
      await store.storeVote(withdrawal, voteDigest(withdrawal));
      const freezeEpoch = await store.freezeEpoch();
      const reserve = async (turn: number, ...votes: (typeof kept)[]) =>
        await store.reserveFence(
          reservationOf(scene, scene.callKey(turn), { nonce, freezeEpoch, voteDigests: votes.map(voteDigest) }),
        );
      expect(await reserve(1, kept, taken)).toEqual({ kind: 'withdrawn' });
      expect(await store.getFence(scene.callKey(1), 1)).toBeNull();
      expect(await reserve(2, kept)).toEqual({ kind: 'reserved' });
    });

    it('a vote is unsignalled until it is marked', async () => {
      const { store } = current();
      const vote = aVote(nonceOf(newScene().nonce), 'bob');
      const digest = voteDigest(vote);
      await store.storeVote(vote, digest);
      const isListed = async () => (await store.unsignalledVotes(1000)).some((stored) => stored.digest === digest);
      expect(await isListed()).toBe(true);
      await store.markVoteSignalled(digest);
      await store.markVoteSignalled(digest);
      expect(await isListed()).toBe(false);
      await expect(store.markVoteSignalled(anyDigest('none'))).rejects.toMatchObject({ code: 'not-found' });
    });
  });
}
