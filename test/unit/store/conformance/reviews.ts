/** Reviews of break-glass: opened with the permit, once for a request, uses of one person counted whatever races for the last. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../store/index.ts';
import type { RecordedDecision } from '../../../../store/store.ts';
import { anyDigest, decisionDigest, nonceOf, someTimeAt } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { decide, decisionOf, openRun, type Scene } from './scene.ts';

const hourMs = 3_600_000;
let people = 0;
function somebody(): string {
  people += 1;
  return `breaker-${people}`;
}

interface Use {
  names?: readonly string[];
  perDay?: number;
  at?: number;
}

/** An open request of its own run. */
async function asked(store: Store): Promise<{ scene: Scene; nonce: string }> {
  const scene = await openRun(store);
  const nonce = nonceOf(scene.nonce);
  expect(await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } })).toEqual({ kind: 'recorded' });
  return { scene, nonce };
}

async function breaks(
  store: Store,
  { scene, nonce }: { scene: Scene; nonce: string },
  by: string,
  { names = [by], perDay = 1, at = someTimeAt }: Use = {},
): Promise<RecordedDecision> {
  const record = decisionOf(scene, scene.callKey(1, 1));
  const { body } = record.decision;
  if (body.verdict !== 'allow') throw new TypeError('not a permit');
  const approval = {
    approvalId: 'a',
    nonce,
    askDigest: anyDigest('ask'),
    voteDigests: [anyDigest('vote')],
    executeByAt: at + hourMs,
    breakGlass: { by, role: 'lead', voteDigest: anyDigest(`vote of ${by}`), reviewDueAt: at + hourMs },
  };
  const decision = { ...record.decision, issuedAt: at, body: { ...body, approval } };
  const own = { ...record, decision, digest: decisionDigest(decision), breakGlass: { names, perDay } };
  return await store.recordDecision(own, { runEpoch: 0 });
}

export function reviewConformance(current: CurrentHarness): void {
  describe('reviews of break-glass', () => {
    it('are opened with the permit, from what it says, and once for a request', async () => {
      const { store } = current();
      const [by, request] = [somebody(), await asked(store)];
      expect(await store.getReview(request.nonce)).toBeNull();
      expect(await breaks(store, request, by)).toEqual({ kind: 'recorded' });
      const review = await store.getReview(request.nonce);
      expect(review).toMatchObject({
        nonce: request.nonce,
        principal: by,
        voteDigest: anyDigest(`vote of ${by}`),
        openedAt: someTimeAt,
        dueAt: someTimeAt + hourMs,
      });
      expect(await store.listReviews({ principals: [by], limit: 10 })).toEqual([review]);
    });

    it('count the uses of one person under all names within a day, and not those of others', async () => {
      const { store } = current();
      const [by, other, third] = [somebody(), somebody(), somebody()];
      const names = [by, other];
      expect(await breaks(store, await asked(store), by, { names, perDay: 2 })).toEqual({ kind: 'recorded' });
      expect(await breaks(store, await asked(store), other, { names, perDay: 2 })).toEqual({ kind: 'recorded' });
      expect(await breaks(store, await asked(store), by, { names, perDay: 2 })).toEqual({ kind: 'stale' });
      expect(await breaks(store, await asked(store), third)).toEqual({ kind: 'recorded' });
      const tomorrow = { names, perDay: 2, at: someTimeAt + 24 * hourMs };
      expect(await breaks(store, await asked(store), by, tomorrow)).toEqual({ kind: 'recorded' });
    });

    it('are opened for one of two gates that race for the last use', async () => {
      const { store, another } = current();
      const [by, other] = [somebody(), await another()];
      const requests = [await asked(store), await asked(store)] as const;
      const results = await Promise.all([breaks(store, requests[0], by), breaks(other, requests[1], by)]);
      expect(results.map(({ kind }) => kind).toSorted()).toEqual(['recorded', 'stale']);
      expect(await store.listReviews({ principals: [by], limit: 10 })).toHaveLength(1);
    });

    it('are not left out: a permit by break-glass without its limits, or of another person, is not recorded', async () => {
      const { store } = current();
      const request = await asked(store);
      await expect(breaks(store, request, somebody(), { names: ['somebody-else'] })).rejects.toThrow(/defect/u);
      expect(await store.getReview(request.nonce)).toBeNull();
    });

    it('are due to be told to each channel until it took them', async () => {
      const { store } = current();
      const request = await asked(store);
      await breaks(store, request, somebody());
      const dueOf = async () => {
        const due = await store.reviewNoticesDue({ channel: 'test', now: someTimeAt, limit: 10_000 });
        return due.find(({ nonce }) => nonce === request.nonce);
      };
      const fresh = await dueOf();
      expect(fresh).toMatchObject({ about: 'review', state: 'new', attempts: 0 });
      if (!fresh) throw new TypeError('nothing is due');
      expect(await store.takeNotice(fresh, someTimeAt + 100)).toBe(true);
      expect(await store.takeNotice(fresh, someTimeAt + 100)).toBe(false);
      expect(await dueOf()).toBeUndefined();
      const told = { ...fresh, state: 'gave-up' as const, problem: 'none', attempts: 1, nextAt: someTimeAt + 100 };
      await store.saveNotice(told);
      expect(await store.noticesOf(request.nonce)).toEqual([told]);
      const listed = await store.listNotices({ state: 'gave-up', limit: 10_000 });
      expect(listed.filter(({ nonce }) => nonce === request.nonce)).toEqual([told]);
    });
  });
}
