/** Counters of policies: taken at admission, all or none, never beyond their limit however many calls come at once. */
import { describe, expect, it } from 'vitest';
import type { CounterTake } from '../../../../store/index.ts';
import type { CurrentHarness } from '../conformance.ts';
import { claimOf, decide, gate, newScene, openRun } from './scene.ts';

const roomy = { callsPerRun: 1000, callsPerTurn: 1000 };
let scopes = 0;
function counter(limit: number, changes: Partial<CounterTake> = {}): CounterTake {
  scopes += 1;
  return { scope: `test ${scopes} ${Math.random()}`, windowStart: 0, limit, rule: 'limit-calls-per-day', ...changes };
}

export function limitConformance(current: CurrentHarness): void {
  describe('limits of policies', () => {
    it('64 calls at once, of many runs and two connections, take exactly the 10 places of a counter', async () => {
      const { store, another } = current();
      const second = await another();
      const take = counter(10);
      const scenes = await Promise.all(Array.from({ length: 8 }, () => openRun(store)));
      const calls = Array.from({ length: 64 }, (_, index) => {
        const scene = scenes[index % scenes.length] ?? newScene();
        const on = index % 2 === 0 ? store : second;
        return decide(on, scene, scene.callKey(1, Math.floor(index / 8)), { admit: { ...roomy, counters: [take] } });
      });
      const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
      await second.close();
      expect(kinds.filter((kind) => kind === 'recorded')).toHaveLength(10);
      expect(kinds.filter((kind) => kind === 'over-limit')).toHaveLength(54);
      const states = await Promise.all(scenes.map((scene) => gate(store, scene, scene.callKey(2))));
      expect(states.reduce((sum, state) => sum + state.admitted.run, 0)).toBe(10);
    });

    it('64 calls of one run at once keep to its 10 calls', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const calls = Array.from({ length: 64 }, (_, index) =>
        decide(store, scene, scene.callKey(1, index), { admit: { callsPerRun: 10, callsPerTurn: 1000 } }),
      );
      const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'recorded')).toHaveLength(10);
    });

    it('a call that one counter refuses takes from none of the others, and leaves no decision', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const [wide, narrow] = [counter(2), counter(1)];
      const admit = { ...roomy, counters: [wide, narrow] };
      expect(await decide(store, scene, scene.callKey(1), { admit })).toEqual({ kind: 'recorded' });
      expect(await decide(store, scene, scene.callKey(2), { admit })).toEqual({
        kind: 'over-limit',
        limit: 'counter',
        counter: narrow,
      });
      expect(await store.listDecisions(scene.workflowId)).toHaveLength(1);
      const rest = { ...roomy, counters: [wide] };
      expect(await decide(store, scene, scene.callKey(3), { admit: rest })).toEqual({ kind: 'recorded' });
      expect((await decide(store, scene, scene.callKey(4), { admit: rest })).kind).toBe('over-limit');
    });

    it('a later pass of a call takes no further place', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const admit = { ...roomy, counters: [counter(1)] };
      await decide(store, scene, scene.callKey(1), { admit });
      const second = { place: { pass: 2 }, admit };
      expect(await decide(store, scene, scene.callKey(1), second)).toEqual({ kind: 'recorded' });
    });

    it('another window has its own places', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const minute = counter(1, { windowStart: 60_000 });
      const take = (turn: number, windowStart: number) =>
        decide(store, scene, scene.callKey(turn), { admit: { ...roomy, counters: [{ ...minute, windowStart }] } });
      expect((await take(1, 60_000)).kind).toBe('recorded');
      expect((await take(2, 60_000)).kind).toBe('over-limit');
      expect((await take(3, 120_000)).kind).toBe('recorded');
      expect((await take(4, 120_000)).kind).toBe('over-limit');
    });

    it('the gate sees calls by tool, what the model took, and open runs opened before', async () => {
      const { store } = current();
      const principal = `counted-${Math.floor(Math.random() * 1e9)}`;
      const [first, second] = [newScene(), newScene()];
      for (const [index, scene] of [first, second].entries()) {
        const claim = claimOf(scene);
        const ticket = { ...claim.ticket, body: { ...claim.ticket.body, principal } };
        await store.claimTicket({ ...claim, ticket, now: claim.now + index });
      }
      await decide(store, first, first.callKey(1), { admit: roomy });
      await decide(store, first, first.callKey(2), { admit: roomy });
      await decide(store, first, first.callKey(3), { verdict: 'deny' });
      const usage = { workflowId: first.workflowId, model: 'm', input: 10, output: 1 };
      await store.addModelUsage(usage);
      await store.addModelUsage({ ...usage, input: 5 });
      const state = await gate(store, first, first.callKey(4));
      expect(Object.values(state.counted.callsByTool)).toEqual([2]);
      expect(state.counted.usage).toEqual([{ model: 'm', input: 15, output: 2 }]);
      expect(state.counted.openRunsBefore).toBe(0);
      expect((await gate(store, second, second.callKey(1))).counted.openRunsBefore).toBe(1);
      const { workflowId, linkRunId } = first;
      await store.closeRun({ workflowId, linkRunId, outcome: 'completed', now: claimOf(first).now + 9 });
      expect((await gate(store, second, second.callKey(1))).counted.openRunsBefore).toBe(0);
    });
  });
}
