/** Quotas of approval requests: never more wait or are asked than they say, however many come at once; each refusal backs off longer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../core/canonical-json.ts';
import type { SignedDecision } from '../../../../core/contracts/decision.ts';
import type { RecordedDecision, Store } from '../../../../store/index.ts';
import type { AskQuota, FullQuota } from '../../../../store/ask-quotas.ts';
import { aDenial, decisionDigest, nonceOf, someTimeAt } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { decide, decisionOf, openRun, type Scene } from './scene.ts';

const minuteMs = 60_000;
/** How long a request waits, ms. */
const waitsMs = 10 * minuteMs;
let scopes = 0;
let nonces = 5_000_000;

function quota(changes: Partial<AskQuota> = {}): AskQuota {
  scopes += 1;
  const numbers = { pending: undefined, asked: undefined, withinMs: 60 * minuteMs };
  const backOff = { backOffMs: minuteMs, longestBackOffMs: 8 * minuteMs };
  return { scope: `quota ${scopes} ${Math.random()}`, rule: 'quota-run', ...numbers, ...backOff, ...changes };
}

interface Order {
  quotas: readonly AskQuota[];
  callKey: string;
  /** Ms after the start of the test. */
  at?: number;
  closes?: string;
}

interface Asked {
  nonce: string;
  result: RecordedDecision;
  /** Fulnesses that a denial was signed for. */
  refused: FullQuota[];
}

async function ask(store: Store, scene: Scene, { quotas, callKey, at = 0, closes }: Order): Promise<Asked> {
  nonces += 1;
  const nonce = nonceOf(nonces);
  const refused: FullQuota[] = [];
  const record = decisionOf(scene, callKey, { verdict: { ask: nonce } });
  if (record.decision.body.verdict !== 'ask') throw new TypeError('not an ask');
  const askedAt = someTimeAt + at;
  const times = { askedAt, deadlineAt: askedAt + waitsMs };
  const decision: SignedDecision = {
    ...record.decision,
    body: { ...record.decision.body, ask: { ...record.decision.body.ask, ...times } },
  };
  const refuse = (full: FullQuota) => {
    refused.push(full);
    const denial = aDenial({ callKey, linkRunId: scene.linkRunId });
    return { decision: denial, digest: decisionDigest(denial) };
  };
  const whole = {
    ...record,
    decision,
    digest: decisionDigest(decision),
    text: canonicalJson(decision),
    closes: closes === undefined ? null : { nonce: closes, outcome: 'superseded' as const, at: askedAt },
    quotas: { quotas, refuse },
  };
  const result = await store.recordDecision(whole, { runEpoch: decision.body.runEpoch });
  return { nonce, result, refused };
}

async function close(store: Store, scene: Scene, callKey: string, nonce: string): Promise<void> {
  const closes = { nonce, outcome: 'expired' as const, at: someTimeAt };
  const result = await decide(store, scene, callKey, { verdict: 'deny', place: { pass: 2 }, closes });
  expect(result).toEqual({ kind: 'recorded' });
}

export function quotaConformance(current: CurrentHarness): void {
  describe('quotas of approval requests', () => {
    it.each(['pending', 'asked'] as const)(
      '48 requests at once, of many runs and two connections, are exactly the 7 that may be %s',
      async (bound) => {
        const { store, another } = current();
        const second = await another();
        const quotas = [quota({ [bound]: 7 })];
        const scenes = await Promise.all(Array.from({ length: 6 }, () => openRun(store)));
        const orders = Array.from({ length: 48 }, async (_, index) => {
          const scene = scenes[index % scenes.length];
          if (!scene) throw new Error('no scene');
          const callKey = scene.callKey(1, Math.floor(index / scenes.length));
          return await ask(index % 2 === 0 ? store : second, scene, { quotas, callKey });
        });
        const kinds = (await Promise.all(orders)).map(({ result }) => result.kind);
        await second.close();
        expect(kinds.filter((kind) => kind === 'recorded')).toHaveLength(7);
        expect(kinds.filter((kind) => kind === 'over-quota')).toHaveLength(41);
        const asks = await Promise.all(scenes.map(({ workflowId }) => store.listAsks({ workflowId, limit: 100 })));
        expect(asks.flat()).toHaveLength(7);
      },
    );

    it('a request too many leaves its denial, no request, and a longer back-off each time', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const quotas = [quota({ pending: 1 })];
      await ask(store, scene, { quotas, callKey: scene.callKey(1) });
      const waits: number[] = [];
      for (let index = 1; index < 7; index += 1) {
        const { result, refused } = await ask(store, scene, { quotas, callKey: scene.callKey(1, index) });
        expect(result).toMatchObject({ kind: 'over-quota', decision: { body: { verdict: 'deny' } } });
        expect(refused).toMatchObject([{ why: index === 1 ? 'pending' : 'backing-off', refusals: index }]);
        waits.push(((refused[0]?.untilAt ?? 0) - someTimeAt) / minuteMs);
      }
      expect(waits).toEqual([1, 2, 4, 8, 8, 8]);
      const decisions = await store.listDecisions(scene.workflowId);
      expect(decisions.map(({ body }) => body.verdict)).toEqual(['ask', ...Array.from({ length: 6 }, () => 'deny')]);
    });

    it('a gate that is run again gets its denial back, and counts nothing twice', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const quotas = [quota({ pending: 1 })];
      await ask(store, scene, { quotas, callKey: scene.callKey(1) });
      const first = await ask(store, scene, { quotas, callKey: scene.callKey(1, 1) });
      const again = await ask(store, scene, { quotas, callKey: scene.callKey(1, 1) });
      expect(first.result).toMatchObject({ kind: 'over-quota' });
      expect(again).toMatchObject({ result: { kind: 'exists', decision: { body: { verdict: 'deny' } } }, refused: [] });
      const third = await ask(store, scene, { quotas, callKey: scene.callKey(1, 2) });
      expect(third.refused).toMatchObject([{ refusals: 2 }]);
    });

    it('a request takes no place where one of its quotas is full', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const [wide, narrow] = [quota({ pending: 2 }), quota({ pending: 1 })];
      const kinds: string[] = [];
      for (const [index, quotas] of [[wide, narrow], [wide, narrow], [wide], [wide]].entries()) {
        kinds.push((await ask(store, scene, { quotas, callKey: scene.callKey(1, index) })).result.kind);
      }
      expect(kinds).toEqual(['recorded', 'over-quota', 'recorded', 'over-quota']);
    });

    it('a request in the place of another needs none of its own', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const quotas = [quota({ pending: 1 })];
      const first = await ask(store, scene, { quotas, callKey: scene.callKey(1) });
      const second = await ask(store, scene, { quotas, callKey: scene.callKey(1, 1), closes: first.nonce });
      expect(second.result).toEqual({ kind: 'recorded' });
      const third = await ask(store, scene, { quotas, callKey: scene.callKey(1, 2) });
      expect(third.result.kind).toBe('over-quota');
    });

    it('a call that a limit refuses takes no place of a quota', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const quotas = [quota({ pending: 1 })];
      const admit = { callsPerRun: 1, callsPerTurn: 9 };
      await decide(store, scene, scene.callKey(1), { admit });
      const refuse = () => {
        throw new Error('nothing is over its quota');
      };
      const over = { verdict: { ask: nonceOf((nonces += 1)) }, admit, quotas: { quotas, refuse } };
      expect((await decide(store, scene, scene.callKey(1, 1), over)).kind).toBe('over-limit');
      expect((await ask(store, scene, { quotas, callKey: scene.callKey(1, 2) })).result.kind).toBe('recorded');
    });

    it('however requests, answers and time follow one another, a quota says what its words say', async () => {
      const { store } = current();
      const step = fc.oneof(
        { weight: 5, arbitrary: fc.constant({ kind: 'ask' as const }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), which: fc.nat(20) }) },
        { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.nat(12) }) },
      );
      const numbers = fc.record({ pending: fc.integer({ min: 1, max: 3 }), asked: fc.integer({ min: 1, max: 5 }) });
      await fc.assert(
        fc.asyncProperty(numbers, fc.array(step, { minLength: 5, maxLength: 18 }), async (bounds, steps) => {
          const one = quota({ ...bounds, withinMs: 20 * minuteMs });
          const scene = await openRun(store);
          const made: { nonce: string; callKey: string; at: number; open: boolean }[] = [];
          let [now, calls, refusals, until] = [0, 0, 0, 0];
          const [found, expected]: [string[], string[]] = [[], []];
          let tooShort = false;
          for (const taken of steps) {
            if (taken.kind === 'wait') now += taken.minutes * minuteMs;
            else if (taken.kind === 'close') {
              const old = made[taken.which % Math.max(1, made.length)];
              if (!old?.open) continue;
              old.open = false;
              await close(store, scene, old.callKey, old.nonce);
            } else {
              const callKey = scene.callKey(1, (calls += 1));
              const waiting = made.filter(({ open, at }) => open && at + waitsMs > now).length;
              const recent = made.filter(({ at }) => at + one.withinMs > now).length;
              const isFull = now < until || waiting >= bounds.pending || recent >= bounds.asked;
              const asked = await ask(store, scene, { quotas: [one], callKey, at: now });
              found.push(asked.result.kind);
              expected.push(isFull ? 'over-quota' : 'recorded');
              refusals = isFull ? refusals + 1 : 0;
              until = isFull ? (asked.refused[0]?.untilAt ?? 0) - someTimeAt : 0;
              const longEnough = isFull ? now + Math.min(8, 2 ** (refusals - 1)) * minuteMs : 0;
              tooShort ||= until < longEnough;
              if (!isFull) made.push({ nonce: asked.nonce, callKey, at: now, open: true });
            }
          }
          expect(found).toEqual(expected);
          expect(tooShort).toBe(false);
        }),
        { numRuns: 10 },
      );
    });
  });
}
