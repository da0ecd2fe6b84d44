/** Notices: told by one of several gateways, given back when a taker dies, due again when the request is closed. */
import { describe, expect, it } from 'vitest';
import { nonceOf, someTimeAt } from '../../../support/signed-objects.ts';
import type { Store } from '../../../../store/store.ts';
import type { Notice } from '../../../../store/notice.ts';
import type { CurrentHarness } from '../conformance.ts';
import { decide, openRun } from './scene.ts';

export function noticeConformance(current: CurrentHarness): void {
  describe('notices', () => {
    async function asked(store: Store) {
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      const due = async (now: number): Promise<Notice | undefined> =>
        (await store.noticesDue({ channel: 'test', now, limit: 10_000 })).find((one) => one.nonce === nonce);
      return { scene, nonce, due };
    }

    it('one of several takes a request that nobody was told of, and it comes back when the lease ends', async () => {
      const { store, another } = current();
      const other = await another();
      const { due } = await asked(store);
      const fresh = await due(someTimeAt);
      expect(fresh).toMatchObject({ state: 'new', attempts: 0, place: null });
      if (!fresh) throw new TypeError('not due');
      const takers = [store, other, store, other];
      const taken = await Promise.all(takers.map((one) => one.takeNotice(fresh, someTimeAt + 100)));
      await other.close();
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await due(someTimeAt + 99)).toBeUndefined();
      expect(await due(someTimeAt + 100)).toMatchObject({ state: 'waiting' });
    });

    it('of many requests are read at once, and none for those that nobody took', async () => {
      const { store } = current();
      const [one, other] = [await asked(store), await asked(store)];
      const fresh = await one.due(someTimeAt);
      if (!fresh) throw new TypeError('not due');
      for (const channel of ['test', 'another']) await store.takeNotice({ ...fresh, channel }, someTimeAt + 100);
      const found = await store.noticesOfAll([one.nonce, other.nonce]);
      expect([...found.keys()]).toEqual([one.nonce]);
      expect(found.get(one.nonce)).toEqual(await store.noticesOf(one.nonce));
      expect(found.get(one.nonce)?.map(({ channel }) => channel)).toEqual(['another', 'test']);
      expect(await store.noticesOfAll([])).toEqual(new Map());
    });

    it('what was told is kept with its notice, each moment once and the first of it, earliest first', async () => {
      const { store } = current();
      const { nonce, due } = await asked(store);
      const fresh = await due(someTimeAt);
      if (!fresh) throw new TypeError('not due');
      await store.takeNotice(fresh, someTimeAt + 100);
      const told = {
        nonce,
        channel: 'test',
        moment: 'requested' as const,
        dueAt: someTimeAt,
        toldAt: someTimeAt + 5,
        reached: ['a@example.org', 'b@example.org'],
        problem: null,
      };
      const reminded = { ...told, moment: 'escalated' as const, reached: [] };
      await store.saveNotice({ ...fresh, state: 'told' }, told);
      // Another gateway, which did not know: what was told first is what happened.
      await store.saveNotice({ ...fresh, state: 'told' }, { ...told, toldAt: someTimeAt + 7 });
      await store.saveNotice(
        { ...fresh, state: 'told' },
        { ...reminded, dueAt: someTimeAt + 1, toldAt: someTimeAt + 2 },
      );
      await store.saveNotice(
        { ...fresh, state: 'told' },
        { ...reminded, dueAt: someTimeAt + 9, toldAt: someTimeAt + 9 },
      );
      await store.saveNotice({ ...fresh, state: 'told' });
      expect(await store.tellingsOf(nonce)).toEqual([
        { ...reminded, dueAt: someTimeAt + 1, toldAt: someTimeAt + 2 },
        told,
        { ...reminded, dueAt: someTimeAt + 9, toldAt: someTimeAt + 9 },
      ]);
      expect(await store.tellingsOf(nonceOf(9_999_993))).toEqual([]);
    });

    it('what is told rests until its time or until the request is closed, and what is done is not due', async () => {
      const { store } = current();
      const { scene, nonce, due } = await asked(store);
      const fresh = await due(someTimeAt);
      if (!fresh) throw new TypeError('not due');
      await store.takeNotice(fresh, someTimeAt + 100);
      const told = { ...fresh, state: 'told' as const, place: 'there', toldAt: someTimeAt, nextAt: someTimeAt + 5000 };
      await store.saveNotice(told);
      expect(await store.noticesOf(nonce)).toEqual([told]);
      expect(await due(someTimeAt + 4999)).toBeUndefined();
      expect(await due(someTimeAt + 5000)).toEqual(told);
      const closes = { nonce, outcome: 'expired' as const, at: someTimeAt + 7 };
      await decide(store, scene, scene.callKey(1), { verdict: 'deny', closes, place: { pass: 2 } });
      const closed = await due(someTimeAt);
      expect(closed).toEqual(told);
      expect(await store.takeNotice(told, someTimeAt + 200)).toBe(true);
      expect(await store.takeNotice(told, someTimeAt + 300)).toBe(false);
      expect(await due(someTimeAt + 199)).toBeUndefined();
      await store.saveNotice({ ...told, state: 'done' });
      expect(await due(someTimeAt + 1_000_000)).toBeUndefined();
    });

    it('what another channel could not tell is due again for one that has told, until that has said it', async () => {
      const { store } = current();
      const { nonce, due } = await asked(store);
      const fresh = await due(someTimeAt);
      if (!fresh) throw new TypeError('not due');
      const rest = someTimeAt + 9000;
      await store.takeNotice(fresh, someTimeAt + 100);
      const told = { ...fresh, state: 'told' as const, place: 'there', toldAt: someTimeAt, nextAt: rest };
      await store.saveNotice(told);
      const other = { ...fresh, channel: 'other' };
      await store.takeNotice(other, someTimeAt + 100);
      const unsaid = async (channel = 'test') => await store.untoldBeside({ nonce, channel });
      for (const [changes, isDue] of [
        [{ state: 'waiting', attempts: 4 }, false],
        [{ state: 'waiting', attempts: 5 }, true],
        [{ state: 'gave-up', attempts: 1 }, true],
        [{ state: 'gave-up', toldAt: someTimeAt }, false],
        [{ state: 'done' }, false],
        [{ state: 'gave-up' }, true],
      ] as const) {
        await store.saveNotice({ ...other, nextAt: rest, ...changes });
        expect(await due(someTimeAt)).toEqual(isDue ? told : undefined);
        expect(await unsaid()).toHaveLength(isDue ? 1 : 0);
      }
      expect(await unsaid('other')).toEqual([]);
      const alarm = { nonce, channel: 'test', about: 'other', at: someTimeAt };
      await store.noteAlarm(alarm);
      await store.noteAlarm(alarm);
      expect(await due(someTimeAt)).toBeUndefined();
      expect(await unsaid()).toEqual([]);
      expect(await unsaid('third')).toHaveLength(1);
    });

    it('a delivery is the first one once, until it is forgotten', async () => {
      const { store, another } = current();
      const other = await another();
      const id = crypto.randomUUID();
      const delivery = { source: 'test', id, now: 1000, forgetBefore: 0 };
      const firsts = await Promise.all([store, other, store].map((one) => one.firstDelivery(delivery)));
      await other.close();
      expect(firsts.filter(Boolean)).toHaveLength(1);
      expect(await store.firstDelivery({ ...delivery, source: 'another' })).toBe(true);
      expect(await store.firstDelivery({ ...delivery, now: 3000, forgetBefore: 1000 })).toBe(false);
      expect(await store.firstDelivery({ ...delivery, now: 3000, forgetBefore: 1001 })).toBe(true);
    });
  });
}
