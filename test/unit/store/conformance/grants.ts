/** Uses of a grant: numbered, counted once for a call and try, never beyond the bound, whatever races for the last one. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../store/index.ts';
import type { RecordedDecision } from '../../../../store/store.ts';
import {
  aControl,
  anyDigest,
  aVote,
  decisionDigest,
  nonceOf,
  someTimeAt,
  voteDigest,
} from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { decisionOf, openRun, reserve, type Scene } from './scene.ts';

let grants = 0;
function newGrantId(): string {
  grants += 1;
  return `g${String(grants).padStart(11, '0')}`;
}

async function use(
  store: Store,
  scene: Scene,
  call: string,
  grantId: string,
  number: number,
  { uses = 2, limits }: { uses?: number; limits?: { callsPerRun: number; callsPerTurn: number } } = {},
): Promise<RecordedDecision> {
  const record = decisionOf(scene, call);
  const { body } = record.decision;
  if (body.verdict !== 'allow') throw new TypeError('not a permit');
  const grant = {
    grantId,
    grantDigest: anyDigest(grantId),
    nonce: nonceOf(1),
    voteDigests: [anyDigest('vote')],
    use: number,
    executeByAt: someTimeAt,
  };
  const decision = { ...record.decision, body: { ...body, grant } };
  return await store.recordDecision(
    {
      ...record,
      decision,
      digest: decisionDigest(decision),
      admit: limits ?? null,
      grantUse: { grantId, number, uses, at: someTimeAt },
    },
    { runEpoch: 0 },
  );
}

export function grantConformance(current: CurrentHarness): void {
  describe('uses of a grant', () => {
    it('are numbered without gaps: only the next number is taken, and none beyond the bound', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const id = newGrantId();
      const taken = { kind: 'over-limit', limit: 'grant' };
      expect(await use(store, scene, scene.callKey(1), id, 2)).toEqual(taken);
      expect(await use(store, scene, scene.callKey(1), id, 1)).toEqual({ kind: 'recorded' });
      expect(await use(store, scene, scene.callKey(1, 1), id, 1)).toEqual(taken);
      expect(await use(store, scene, scene.callKey(1, 1), id, 2)).toEqual({ kind: 'recorded' });
      expect(await use(store, scene, scene.callKey(1, 2), id, 3)).toEqual(taken);
      expect((await store.grantUses(id)).map(({ number, callKey }) => [number, callKey])).toEqual([
        [1, scene.callKey(1)],
        [2, scene.callKey(1, 1)],
      ]);
    });

    it('are not taken by a decision that another limit refuses', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const id = newGrantId();
      const limits = { callsPerRun: 0, callsPerTurn: 5 };
      expect(await use(store, scene, scene.callKey(1), id, 1, { limits })).toMatchObject({ limit: 'callsPerRun' });
      expect(await store.grantUses(id)).toEqual([]);
    });

    it('are of the permit that says so: one that says another number is a defect', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const record = decisionOf(scene, scene.callKey(1));
      const grantUse = { grantId: newGrantId(), number: 1, uses: 1, at: someTimeAt };
      await expect(store.recordDecision({ ...record, grantUse }, { runEpoch: 0 })).rejects.toMatchObject({
        code: 'internal-fault',
      });
    });

    it('the last one goes to one of the calls, of whatever run and connection, that race for it', async () => {
      const { another } = current();
      const stores = await Promise.all(Array.from({ length: 4 }, another));
      try {
        const id = newGrantId();
        const told = await Promise.all(
          Array.from({ length: 12 }, async (_, racer) => {
            const store = stores[racer % 4] ?? current().store;
            const scene = await openRun(store);
            const result = await use(store, scene, scene.callKey(1), id, 1, { uses: 1 });
            return result.kind;
          }),
        );
        expect(told.filter((kind) => kind === 'recorded')).toHaveLength(1);
        expect(told.filter((kind) => kind === 'over-limit')).toHaveLength(11);
        expect(await current().store.grantUses(id)).toHaveLength(1);
      } finally {
        await Promise.all(stores.map((store) => store.close()));
      }
    });
  });

  describe('a reserve that rests on a grant', () => {
    it('is refused once the grant is revoked', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const [revoked, other] = [newGrantId(), newGrantId()];
      await store.appendControl((sequence) =>
        aControl({ kind: 'grant-revocation', sequence, grantId: revoked, by: 'ann', reason: null }),
      );
      const grant = { nonce: nonceOf(scene.nonce), voteDigests: [anyDigest('vote')] };
      const first = { grant: { ...grant, grantId: revoked } };
      expect(await reserve(store, scene, scene.callKey(1), first)).toEqual({ kind: 'revoked' });
      const second = { grant: { ...grant, grantId: other } };
      expect(await reserve(store, scene, scene.callKey(1), second)).toEqual({ kind: 'reserved' });
    });

    it('is refused once a vote that it rests on was withdrawn', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce + 1);
      const withdraws = anyDigest(`vote ${scene.nonce}`);
      const withdrawal = aVote(nonce, 'ann', { verdict: 'withdraw', withdraws });
      await store.storeVote(withdrawal, voteDigest(withdrawal));
      const grant = { grantId: newGrantId(), nonce, voteDigests: [withdraws] };
      expect(await reserve(store, scene, scene.callKey(1), { grant })).toEqual({ kind: 'withdrawn' });
      const others = { ...grant, voteDigests: [anyDigest('another vote')] };
      expect(await reserve(store, scene, scene.callKey(1), { grant: others })).toEqual({ kind: 'reserved' });
    });
  });
}
