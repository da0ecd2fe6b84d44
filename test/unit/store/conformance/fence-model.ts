/**
 * The fence against a model: first step by step, then with owners and voiders of two connections at once, where only what
 * must hold in every order is checked.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../store/index.ts';
import { anyDigest, nonceOf } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { consumptionOf, openRun, reserve, type Scene, start, voidStepOf } from './scene.ts';

interface Step {
  action: 'reserve' | 'start' | 'consume' | 'void-owner' | 'void-gate';
  index: number;
  try: number;
  /** Which of the permits for this call and try acts. */
  owner: number;
  nonce: number | null;
}

interface ModelRow {
  state: 'reserved' | 'executing' | 'consumed' | 'void';
  owner: number | null;
  nonce: number | null;
  voidedFrom: string | null;
}

const steps = fc.record<Step>({
  action: fc.constantFrom('reserve', 'reserve', 'start', 'start', 'consume', 'consume', 'void-owner', 'void-gate'),
  index: fc.integer({ min: 0, max: 1 }),
  try: fc.integer({ min: 1, max: 2 }),
  owner: fc.integer({ min: 0, max: 1 }),
  nonce: fc.constantFrom(null, 0, 1),
});

const keyOf = (step: Pick<Step, 'index' | 'try'>): string => `${step.index}.${step.try}`;

async function perform(store: Store, scene: Scene, step: Step): Promise<string> {
  const callKey = scene.callKey(1, step.index);
  const permitDigest = anyDigest(`permit ${callKey} ${step.try} ${step.owner}`);
  const nonce = step.nonce === null ? null : nonceOf(scene.nonce + step.nonce);
  const own = { try: step.try, permitDigest };
  switch (step.action) {
    case 'reserve':
      return (await reserve(store, scene, callKey, { ...own, nonce })).kind;
    case 'start':
      return start(store, callKey, own);
    case 'consume':
      return store.consumeFence(consumptionOf(callKey, own));
    case 'void-owner':
      return (await store.voidFence(voidStepOf(scene, callKey, { ...own, by: 'owner' }))).kind;
    case 'void-gate':
      return (await store.voidFence(voidStepOf(scene, callKey, { try: step.try }))).kind;
  }
}

/** What the store must answer, and the row after it. */
function predict(rows: Map<string, ModelRow>, step: Step): string {
  const row = rows.get(keyOf(step));
  const isOwner = row?.owner === step.owner;
  switch (step.action) {
    case 'reserve': {
      if (row) return 'exists';
      const siblings = [1, 2].flatMap((one) => rows.get(keyOf({ ...step, try: one })) ?? []);
      if (siblings.some((other) => step.nonce !== null && other.nonce === step.nonce && other.state !== 'void'))
        return 'approval-used';
      rows.set(keyOf(step), { state: 'reserved', owner: step.owner, nonce: step.nonce, voidedFrom: null });
      return 'reserved';
    }
    case 'start':
      if (!row || !isOwner || row.state !== 'reserved') return 'lost';
      row.state = 'executing';
      return 'started';
    case 'consume':
      if (!row || !isOwner || row.state !== 'executing') return 'lost';
      row.state = 'consumed';
      return 'consumed';
    case 'void-owner':
    case 'void-gate':
      if (!row) {
        rows.set(keyOf(step), { state: 'void', owner: null, nonce: null, voidedFrom: 'absent' });
        return 'voided';
      }
      if (row.state === 'consumed') return 'consumed';
      if (row.state === 'void') return 'already-void';
      if (step.action === 'void-owner' && !isOwner) return 'lost';
      row.voidedFrom = row.state;
      row.state = 'void';
      return 'voided';
  }
}

async function readRows(store: Store, scene: Scene) {
  const places = [0, 1].flatMap((index) => [1, 2].map((one) => ({ index, try: one })));
  const rows = await Promise.all(places.map((place) => store.getFence(scene.callKey(1, place.index), place.try)));
  return places.map((place, index) => ({ place, row: rows[index] ?? null }));
}

export function fenceModelConformance(current: CurrentHarness): void {
  describe('fence state machine', () => {
    it('answers each step as the model does', async () => {
      const { store } = current();
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { maxLength: 20 }), async (sequence) => {
          const scene = await openRun(store);
          const model = new Map<string, ModelRow>();
          for (const step of sequence) expect(await perform(store, scene, step)).toBe(predict(model, step));
          for (const { place, row } of await readRows(store, scene)) {
            const expected = model.get(keyOf(place));
            expect([row?.state, row?.voidedFrom]).toEqual([expected?.state, expected?.voidedFrom]);
          }
        }),
        { numRuns: 60 },
      );
    }, 60_000);

    it('holds its invariants when owners and voiders of two connections act at once', async () => {
      const { store, another } = current();
      const other = await another();
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { maxLength: 20 }), async (sequence) => {
          const scene = await openRun(store);
          const results = await Promise.all(
            sequence.map(async (step, index) => ({
              step,
              result: await perform(index % 2 ? store : other, scene, step),
            })),
          );
          const count = (place: Pick<Step, 'index' | 'try'>, action: string, result: string) =>
            results.filter(
              (one) => keyOf(one.step) === keyOf(place) && one.step.action.startsWith(action) && one.result === result,
            ).length;
          const rows = await readRows(store, scene);
          for (const { place, row } of rows) {
            const [consumed, voided] = [count(place, 'consume', 'consumed'), count(place, 'void', 'voided')];
            // One end at most: a void row never becomes consumed, a consumed row never void.
            expect(consumed + voided).toBeLessThanOrEqual(1);
            expect(row?.state === 'consumed').toBe(consumed === 1);
            expect(row?.state === 'void').toBe(voided === 1);
            expect(row?.state === 'consumed').toBe(Boolean(row?.receipt));
            const [reserved, started] = [count(place, 'reserve', 'reserved'), count(place, 'start', 'started')];
            expect(reserved).toBeLessThanOrEqual(1);
            expect(started).toBeLessThanOrEqual(reserved);
            const before = started ? 'executing' : reserved ? 'reserved' : 'absent';
            expect(row?.voidedFrom ?? null).toBe(row?.state === 'void' ? before : null);
          }
          const uses = rows.flatMap(({ row }) =>
            row?.nonce && row.state !== 'void' ? [`${row.nonce} ${row.callKey}`] : [],
          );
          expect(new Set(uses).size).toBe(uses.length);
        }),
        { numRuns: 60 },
      );
      await other.close();
    }, 60_000);
  });
}
