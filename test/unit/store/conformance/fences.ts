/** The fence: every step from every state, each only by its owner. */
import { describe, expect, it } from 'vitest';
import { aControl, anOutput, anyDigest, aReceipt, nonceOf, someTimeAt } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { consumptionOf, newScene, openRun, reservationOf, reserve, start, voidStepOf } from './scene.ts';

const foreign = anyDigest('permit of somebody else');

export function fenceConformance(current: CurrentHarness): void {
  describe('fences', () => {
    it('goes reserved, executing, consumed, with intent, receipt, labels and output', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      expect(await store.getFence(callKey, 1)).toBeNull();
      expect(await reserve(store, scene, callKey)).toEqual({ kind: 'reserved' });
      expect(await store.getFence(callKey, 1)).toMatchObject({ state: 'reserved', receipt: null, output: null });
      expect(await start(store, callKey)).toBe('started');
      const consumption = consumptionOf(callKey);
      expect(await store.consumeFence(consumption)).toBe('consumed');
      const done = { receipt: consumption.receipt, output: consumption.output };
      expect(await store.getFence(callKey, 1)).toMatchObject({ state: 'consumed', voidedFrom: null, ...done });
      expect(await store.receiptByPermit(consumption.permitDigest)).toEqual(done);
      const ledger = await store.listLedger({ workflowId: scene.workflowId, limit: 10 });
      expect(ledger.map(({ kind, callKey: key }) => [kind, key])).toEqual([
        ['run-opened', null],
        ['intent', callKey],
        ['receipt', callKey],
      ]);
    });

    it('of an unknown run is not reserved', async () => {
      const { store } = current();
      const scene = newScene();
      await expect(reserve(store, scene, scene.callKey(1))).rejects.toMatchObject({ code: 'not-found' });
    });

    it('is reserved once for a call and try, however many permits come at once', async () => {
      const { store, another } = current();
      const other = await another();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      const results = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          reserve(index % 2 ? store : other, scene, callKey, { permitDigest: anyDigest(`permit ${index}`) }),
        ),
      );
      await other.close();
      expect(results.filter(({ kind }) => kind === 'reserved')).toHaveLength(1);
      expect(results.filter(({ kind }) => kind === 'exists')).toHaveLength(15);
      const ledger = await store.listLedger({ workflowId: scene.workflowId, limit: 100 });
      expect(ledger.filter(({ kind }) => kind === 'intent')).toHaveLength(1);
    });

    it('takes an approval once for each call, and again after the row is void', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      const [first, second] = [scene.callKey(1, 0), scene.callKey(1, 1)];
      expect(await reserve(store, scene, first, { nonce })).toEqual({ kind: 'reserved' });
      expect(await reserve(store, scene, second, { nonce })).toEqual({ kind: 'reserved' });
      const used = await reserve(store, scene, first, { nonce, try: 2 });
      expect(used).toMatchObject({ kind: 'approval-used', row: { callKey: first, try: 1 } });
      await store.voidFence(voidStepOf(scene, first));
      expect(await reserve(store, scene, first, { nonce, try: 2 })).toEqual({ kind: 'reserved' });
    });

    it('is not reserved after executeBy, but at it', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const executeByAt = someTimeAt - 1;
      expect(await reserve(store, scene, scene.callKey(1), { executeByAt })).toEqual({ kind: 'too-late' });
      expect(await store.getFence(scene.callKey(1), 1)).toBeNull();
      expect(await reserve(store, scene, scene.callKey(1), { executeByAt: someTimeAt })).toEqual({ kind: 'reserved' });
    });

    it('is not reserved when the fleet was frozen since, also when it was thawed again', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const freezeEpoch = await store.freezeEpoch();
      const order = (kind: 'freeze' | 'thaw') =>
        store.appendControl((sequence) => aControl({ kind, sequence, by: 'ann', reason: 'test' }));
      await order('freeze');
      expect(await reserve(store, scene, scene.callKey(1), { freezeEpoch })).toEqual({ kind: 'frozen' });
      await order('thaw');
      expect(await reserve(store, scene, scene.callKey(1), { freezeEpoch })).toEqual({ kind: 'frozen' });
      expect(await reserve(store, scene, scene.callKey(1))).toEqual({ kind: 'reserved' });
    });

    it('that exists answers with its row, also too late, frozen or with its approval used', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      const nonce = nonceOf(scene.nonce);
      await reserve(store, scene, callKey, { nonce });
      const again = reservationOf(scene, callKey, { nonce, executeByAt: 1, freezeEpoch: 999_999 });
      expect(await store.reserveFence(again)).toMatchObject({ kind: 'exists', row: { callKey, state: 'reserved' } });
    });

    it('is started and consumed by its owner only, and each once', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      expect(await start(store, callKey)).toBe('lost');
      await reserve(store, scene, callKey);
      expect(await start(store, callKey, { permitDigest: foreign })).toBe('lost');
      expect(await store.consumeFence(consumptionOf(callKey))).toBe('lost');
      expect(await start(store, callKey)).toBe('started');
      expect(await start(store, callKey)).toBe('lost');
      expect(await store.consumeFence(consumptionOf(callKey, { permitDigest: foreign }))).toBe('lost');
      expect(await store.consumeFence(consumptionOf(callKey))).toBe('consumed');
      expect(await store.consumeFence(consumptionOf(callKey))).toBe('lost');
      expect(await store.receiptByPermit(foreign)).toBeNull();
      const ledger = await store.listLedger({ workflowId: scene.workflowId, limit: 100 });
      expect(ledger.filter(({ kind }) => kind === 'receipt')).toHaveLength(1);
    });

    it('is not consumed by a permit that has a receipt already', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      await reserve(store, scene, callKey);
      await start(store, callKey);
      const { permitDigest } = consumptionOf(callKey);
      const receipt = aReceipt({ callKey }, permitDigest, { outcome: 'not-started' });
      await store.recordReceipt({ permitDigest, receipt, output: anOutput(), labels: [], turn: 1 });
      expect(await store.consumeFence(consumptionOf(callKey))).toBe('lost');
      expect(await store.getFence(callKey, 1)).toMatchObject({ state: 'executing' });
    });

    it('absent is voided as a tombstone that nobody reserves', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      const row = { state: 'void', voidedFrom: 'absent', voidedBy: 'gate', nonce: null };
      expect(await store.voidFence(voidStepOf(scene, callKey))).toMatchObject({ kind: 'voided', row });
      expect(await store.voidFence(voidStepOf(scene, callKey, { by: 'owner' }))).toMatchObject({
        kind: 'already-void',
        row,
      });
      expect(await reserve(store, scene, callKey)).toMatchObject({ kind: 'exists', row });
      expect(await start(store, callKey, { permitDigest: anyDigest('void permit') })).toBe('lost');
    });

    it.each(['reserved', 'executing'] as const)(
      '%s is voided by the gate, and its owner wakes too late',
      async (state) => {
        const { store } = current();
        const scene = await openRun(store);
        const callKey = scene.callKey(1);
        await reserve(store, scene, callKey);
        if (state === 'executing') await start(store, callKey);
        const row = {
          state: 'void',
          voidedFrom: state,
          voidedBy: 'gate',
          permitDigest: anyDigest(`permit ${callKey}`),
        };
        expect(await store.voidFence(voidStepOf(scene, callKey))).toMatchObject({ kind: 'voided', row });
        expect(await start(store, callKey)).toBe('lost');
        expect(await store.consumeFence(consumptionOf(callKey))).toBe('lost');
        expect(await store.getFence(callKey, 1)).toMatchObject(row);
      },
    );

    it.each(['reserved', 'executing'] as const)('%s is voided as owner with its own permit only', async (state) => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      await reserve(store, scene, callKey);
      if (state === 'executing') await start(store, callKey);
      const stranger = voidStepOf(scene, callKey, { by: 'owner', permitDigest: foreign });
      expect(await store.voidFence(stranger)).toMatchObject({ kind: 'lost', row: { state, voidedBy: null } });
      const owner = { ...stranger, permitDigest: anyDigest(`permit ${callKey}`) };
      const row = { state: 'void', voidedFrom: state, voidedBy: 'owner' };
      expect(await store.voidFence(owner)).toMatchObject({ kind: 'voided', row });
      expect(await store.voidFence(voidStepOf(scene, callKey))).toMatchObject({ kind: 'already-void', row });
    });

    it.each(['owner', 'gate'] as const)('consumed is not voided by the %s', async (by) => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      await reserve(store, scene, callKey);
      await start(store, callKey);
      await store.consumeFence(consumptionOf(callKey));
      const before = await store.getFence(callKey, 1);
      const step = voidStepOf(scene, callKey, { by, permitDigest: anyDigest(`permit ${callKey}`) });
      expect(await store.voidFence(step)).toEqual({ kind: 'consumed', row: before });
      expect(await store.getFence(callKey, 1)).toEqual(before);
    });

    it('of one call may be reserved for a further try while another try is void', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      await store.voidFence(voidStepOf(scene, callKey));
      expect(await reserve(store, scene, callKey, { try: 2 })).toEqual({ kind: 'reserved' });
      expect((await store.getFence(callKey, 1))?.state).toBe('void');
    });
  });
}
