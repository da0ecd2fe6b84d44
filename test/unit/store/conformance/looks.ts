/** Who was shown which card: one row for each person, request, card and channel, whatever number of gateways notes it. */
import { describe, expect, it } from 'vitest';
import { nonceOf, someTimeAt } from '../../../support/signed-objects.ts';
import { digestText } from '../../../../core/digest.ts';
import type { CurrentHarness } from '../conformance.ts';
import { decide, openRun } from './scene.ts';

export function lookConformance(current: CurrentHarness): void {
  describe('looks', () => {
    const cardDigest = digestText('card', 'a card');
    const look = (nonce: string, at: number, over: object = {}) => ({
      nonce,
      principal: 'carol',
      channel: 'web' as const,
      cardDigest,
      authenticated: { method: 'api-key' as const, credentialId: 'k1', via: 'session:s1' },
      at,
      ...over,
    });

    it('of one person at one card from one place are one row, with the last credential and a count', async () => {
      const { store, another } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      const other = await another();
      const key = { authenticated: { method: 'api-key' as const, credentialId: 'k2' } };
      await store.noteLook(look(nonce, someTimeAt));
      await Promise.all([1, 2, 3, 4].map((n) => (n % 2 ? store : other).noteLook(look(nonce, someTimeAt + n))));
      // A gateway whose clock is behind does not take the last time back.
      await other.noteLook(look(nonce, someTimeAt - 5, key));
      await other.close();
      const [only, ...more] = await store.looksOf(nonce);
      expect(more).toEqual([]);
      expect(only).toEqual({
        nonce,
        principal: 'carol',
        channel: 'web',
        cardDigest,
        ...key,
        firstAt: someTimeAt,
        lastAt: someTimeAt + 4,
        times: 6,
      });
    });

    it('of another person, channel or card are rows of their own, earliest first', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      await store.noteLook(look(nonce, someTimeAt + 3, { cardDigest: digestText('card', 'another') }));
      await store.noteLook(look(nonce, someTimeAt + 1, { principal: 'bob' }));
      await store.noteLook(look(nonce, someTimeAt + 2, { channel: 'slack' }));
      const rows = await store.looksOf(nonce);
      expect(rows.map(({ principal, channel }) => `${principal} ${channel}`)).toEqual([
        'bob web',
        'carol slack',
        'carol web',
      ]);
      expect(await store.looksOf(nonceOf(9_999_991))).toEqual([]);
    });

    it('of a request that there is not are refused', async () => {
      await expect(current().store.noteLook(look(nonceOf(9_999_992), someTimeAt))).rejects.toThrow(
        /its run is unknown/,
      );
    });
  });
}
