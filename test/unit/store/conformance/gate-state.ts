/** What the gate sees: links, fences, labels and permits whose result may have been seen. */
import { describe, expect, it } from 'vitest';
import { aControl, anyDigest, anOutput, aReceipt, linkOf } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import {
  consumptionOf,
  decide,
  decisionOf,
  gate,
  newScene,
  openRun,
  reserve,
  start,
  view,
  voidStepOf,
} from './scene.ts';

export function gateStateConformance(current: CurrentHarness): void {
  describe('gate state', () => {
    it('of an unknown run is empty', async () => {
      const { store } = current();
      const scene = newScene();
      expect(await gate(store, scene, scene.callKey(1))).toEqual({
        run: null,
        link: null,
        fences: [],
        openFences: [],
        labels: [],
        permitWithoutReceipt: false,
        denials: [],
        denialVotes: [],
        admitted: { run: 0, turn: 0, thisCallAndTry: false },
        counted: { callsByTool: {}, usage: [], openRunsBefore: 0 },
        probes: [],
        targetStates: [],
        dryRuns: [],
      });
    });

    it('names the link that asks, or null when it was never registered', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const state = await gate(store, scene, scene.callKey(1));
      expect(state.link).toMatchObject({ linkRunId: scene.linkRunId, kind: 'first', runEpoch: 0 });
      const other = await gate(store, { ...scene, linkRunId: linkOf(1) }, scene.callKey(1));
      expect(other.link).toBeNull();
    });

    it('has the rows of this call by try, and apart from them the open rows of others', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const [own, other, done] = [scene.callKey(1, 0), scene.callKey(1, 1), scene.callKey(1, 2)];
      await reserve(store, scene, own, { try: 2 });
      await store.voidFence(voidStepOf(scene, own));
      await reserve(store, scene, other);
      await start(store, other);
      await reserve(store, scene, done);
      await start(store, done);
      await store.consumeFence(consumptionOf(done));
      const state = await gate(store, scene, own);
      expect(state.fences.map((row) => [row.try, row.state])).toEqual([
        [1, 'void'],
        [2, 'reserved'],
      ]);
      expect(state.openFences.map((row) => [row.callKey, row.state])).toEqual([[other, 'executing']]);
    });

    it('has the labels of other turns, not those of this turn', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const record = async (turn: number, label: 'untrusted' | 'secret') => {
        const permitDigest = anyDigest(`read ${scene.callKey(turn)}`);
        const receipt = aReceipt({ callKey: scene.callKey(turn) }, permitDigest);
        await store.recordReceipt({ permitDigest, receipt, output: anOutput(), labels: [label], turn });
      };
      await record(1, 'untrusted');
      await record(2, 'secret');
      expect((await gate(store, scene, scene.callKey(1, 5))).labels).toEqual(['secret']);
      expect((await gate(store, scene, scene.callKey(2, 5))).labels).toEqual(['untrusted']);
      expect((await gate(store, scene, scene.callKey(3))).labels).toEqual(['secret', 'untrusted']);
    });

    it('knows an execute permit of an earlier turn that has neither receipt nor settled row', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const seenAt = async (turn: number) => (await gate(store, scene, scene.callKey(turn))).permitWithoutReceipt;
      await decide(store, scene, scene.callKey(1), { place: { purpose: 'probe' } });
      await decide(store, scene, scene.callKey(1, 1), { verdict: 'deny' });
      expect(await seenAt(2)).toBe(false);
      const permit = decisionOf(scene, scene.callKey(1, 2));
      await store.recordDecision(permit, { runEpoch: 0 });
      expect([await seenAt(1), await seenAt(2)]).toEqual([false, true]);
      const receipt = aReceipt({ callKey: scene.callKey(1, 2) }, permit.digest);
      await store.recordReceipt({ permitDigest: permit.digest, receipt, output: anOutput(), labels: [], turn: 1 });
      expect(await seenAt(2)).toBe(false);
    });

    it('counts a permit as settled once its row is consumed or void, not while it is open', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const seen = async () => (await gate(store, scene, scene.callKey(9))).permitWithoutReceipt;
      const [consumed, voided] = [scene.callKey(1, 0), scene.callKey(1, 1)];
      for (const callKey of [consumed, voided]) {
        await decide(store, scene, callKey);
        await reserve(store, scene, callKey);
        await start(store, callKey);
      }
      expect(await seen()).toBe(true);
      await store.consumeFence(consumptionOf(consumed));
      expect(await seen()).toBe(true);
      await store.voidFence(voidStepOf(scene, voided));
      expect(await seen()).toBe(false);
    });

    it('finds a permit without its receipt also after all turns below were settled, in this epoch and after a reset', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const seen = async () => (await gate(store, scene, scene.callKey(9))).permitWithoutReceipt;
      const first = decisionOf(scene, scene.callKey(2));
      await store.recordDecision(first, { runEpoch: 0 });
      const receipt = aReceipt({ callKey: scene.callKey(2) }, first.digest);
      await store.recordReceipt({ permitDigest: first.digest, receipt, output: anOutput(), labels: [], turn: 2 });
      expect(await seen()).toBe(false);
      // The turn mark still lets a permit of this turn in.
      await decide(store, scene, scene.callKey(2, 1));
      expect(await seen()).toBe(true);
      await store.voidFence(voidStepOf(scene, scene.callKey(2, 1)));
      expect(await seen()).toBe(false);
      await store.raiseRunEpoch({ workflowId: scene.workflowId, fromEpoch: 0, reason: 'reset', now: 1 });
      await decide(store, scene, scene.callKey(2, 2), { place: { runEpoch: 1 } });
      expect(await seen()).toBe(true);
    });

    it('has the receipts of probes, target states and dry runs of this call, oldest first', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      const record = async (purpose: 'probe' | 'target-state' | 'dry-run' | 'execute', name: string, key = callKey) => {
        const permitDigest = anyDigest(`${name} ${callKey}`);
        const receipt = aReceipt({ callKey: key, purpose }, permitDigest, { activityId: name });
        await store.recordReceipt({ permitDigest, receipt, output: anOutput(), labels: [], turn: 1 });
      };
      await record('probe', 'p1');
      await record('target-state', 't1');
      await record('probe', 'p2');
      await record('dry-run', 'd1');
      await record('execute', 'e1');
      await record('probe', 'other', scene.callKey(1, 1));
      const state = await gate(store, scene, callKey);
      expect(state.probes.map(({ body }) => body.activityId)).toEqual(['p1', 'p2']);
      expect(state.targetStates.map(({ body }) => body.activityId)).toEqual(['t1']);
      expect(state.dryRuns.map(({ body }) => body.activityId)).toEqual(['d1']);
    });

    it('comes with the orders of the kinds asked for as they were then, and as one snapshot', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const freeze = await store.appendControl((sequence) =>
        aControl({ kind: 'freeze', sequence, by: 'ann', reason: 'test' }),
      );
      const thaw = (sequence: number) => aControl({ kind: 'thaw', sequence, by: 'ann', reason: 'test' });
      const before = await view(store, scene, scene.callKey(1), { kinds: ['thaw', 'freeze'] });
      const later = await store.appendControl(thaw);
      await decide(store, scene, scene.callKey(1));
      expect((await before.orders.listControl(['freeze', 'thaw'])).at(-1)).toEqual(freeze);
      expect(before).toMatchObject({ decision: null, state: { run: { turnMark: 0 } } });
      const after = await view(store, scene, scene.callKey(1), { kinds: ['freeze', 'thaw'] });
      expect((await after.orders.listControl(['thaw', 'freeze'])).slice(-2)).toEqual([freeze, later]);
      expect(await after.orders.listControl(['thaw'])).not.toContainEqual(freeze);
      expect(after).toMatchObject({
        decision: { body: { callKey: scene.callKey(1) } },
        state: { run: { turnMark: 1 } },
      });
    });

    it('has no orders of a kind that was not asked for, and says so instead of "none"', async () => {
      const { store } = current();
      const { orders } = await view(store, await openRun(store), newScene().callKey(1), { kinds: ['freeze'] });
      await expect(orders.listControl(['freeze', 'thaw'])).rejects.toMatchObject({ code: 'internal-fault' });
    });

    it('leaves an unreadable order to whoever asks for its kind', async () => {
      const { store, execute } = current();
      const kind = 'slack-identity-removal';
      await execute(`insert into control (sequence, kind, record) values (9000000000, '${kind}', '{}')`);
      const { orders } = await view(store, await openRun(store), newScene().callKey(1), { kinds: ['freeze', kind] });
      expect(await orders.listControl(['freeze'])).toEqual(await store.listControl(['freeze']));
      await expect(orders.listControl([kind])).rejects.toMatchObject({ code: 'record-invalid' });
      await expect(store.listControl(['freeze', kind])).rejects.toMatchObject({ code: 'record-invalid' });
    });
  });
}
