/** Votes: stored before they are signalled, one of each principal. */
import { describe, expect, it } from 'vitest';
import { anyDigest, aVote, nonceOf, someTimeAt, voteDigest } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { newScene } from './scene.ts';

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
