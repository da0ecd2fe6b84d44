/** Counters of policies: taken at admission, all or none, never beyond their limit however many calls come at once or when. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CounterTake } from '../../../../store/index.ts';
import type { CurrentHarness } from '../conformance.ts';
import { claimOf, decide, gate, newScene, openRun } from './scene.ts';

const roomy = { callsPerRun: 1000, callsPerTurn: 1000 };
let scopes = 0;
function counter(limit: number, changes: Partial<CounterTake> = {}): CounterTake {
  scopes += 1;
  const scope = `test ${scopes} ${Math.random()}`;
  return { scope, windowMs: null, at: 1000, limit, rule: 'limit-calls-per-day', ...changes };
}

export function limitConformance(current: CurrentHarness): void {
  describe('limits of policies', () => {
    it.each([
      ['for ever', null],
      ['in a minute', 60_000],
    ])(
      '64 calls at once, of many runs and two connections, take exactly the 10 places of a counter %s',
      async (_, windowMs) => {
        const { store, another } = current();
        const second = await another();
        const take = counter(10, { windowMs });
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
      },
    );

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
        freeAt: null,
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

    it('a place is free again one window after it was taken, and not at the edge of a minute', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const minute = counter(2, { windowMs: 60_000 });
      const take = (turn: number, at: number) =>
        decide(store, scene, scene.callKey(turn), { admit: { ...roomy, counters: [{ ...minute, at }] } });
      expect((await take(1, 59_000)).kind).toBe('recorded');
      expect((await take(2, 59_999)).kind).toBe('recorded');
      expect(await take(3, 60_000)).toMatchObject({ kind: 'over-limit', freeAt: 119_000 });
      expect((await take(4, 118_999)).kind).toBe('over-limit');
      expect((await take(5, 119_000)).kind).toBe('recorded');
      expect(await take(6, 119_998)).toMatchObject({ kind: 'over-limit', freeAt: 119_999 });
    });

    it('a counter that another one’s refusal gave back leaves no place taken', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const [wide, narrow] = [counter(1, { windowMs: 60_000 }), counter(0, { windowMs: 60_000 })];
      const take = (turn: number, ...counters: CounterTake[]) =>
        decide(store, scene, scene.callKey(turn), { admit: { ...roomy, counters } });
      expect(await take(1, wide, narrow)).toMatchObject({ kind: 'over-limit', counter: narrow, freeAt: null });
      expect((await take(2, wide)).kind).toBe('recorded');
      expect((await take(3, wide)).kind).toBe('over-limit');
    });

    it('no span of one window ever holds more than the limit, whatever the clocks and the limits of the versions asked', async () => {
      const { store } = current();
      const step = fc.record({ forwardMs: fc.integer({ min: -5, max: 40 }), limit: fc.integer({ min: 1, max: 4 }) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16 }), async (steps) => {
          const scene = await openRun(store);
          const minute = counter(1, { windowMs: 100 });
          const admitted: number[] = [];
          let [clock, latest] = [1000, 0];
          for (const [turn, { forwardMs, limit }] of steps.entries()) {
            clock += forwardMs;
            latest = Math.max(latest, clock);
            const within = admitted.filter((at) => at > latest - 100).length;
            const take = { ...minute, at: clock, limit };
            const { kind } = await decide(store, scene, scene.callKey(turn + 1), {
              admit: { ...roomy, counters: [take] },
            });
            // Exactly: neither one more, nor one less than the limit would have let through.
            expect(kind).toBe(within < limit ? 'recorded' : 'over-limit');
            if (kind === 'recorded') admitted.push(latest);
          }
        }),
        { numRuns: 10, seed: 20_261_129 },
      );
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
