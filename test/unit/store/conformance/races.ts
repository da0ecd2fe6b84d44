/** Several connections that want the same thing at once: exactly one gets it, and the others are told what the first one did. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../store/index.ts';
import {
  aControl,
  anOutput,
  anyDigest,
  aReceipt,
  aTicket,
  aVote,
  linkOf,
  nonceOf,
  someTimeAt,
  voteDigest,
} from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { claimOf, consumptionOf, decide, gate, newScene, openRun, reserve, start, voidStepOf } from './scene.ts';

const connections = 4;
const racers = 12;

export function raceConformance(current: CurrentHarness): void {
  /** Each racer on one of the connections; what they were told, as text, with its count. */
  async function race(attempt: (store: Store, racer: number) => Promise<string>): Promise<Record<string, number>> {
    const { another } = current();
    const stores = await Promise.all(Array.from({ length: connections }, another));
    try {
      const told = await Promise.all(
        Array.from({ length: racers }, (_, racer) => attempt(stores[racer % connections] ?? current().store, racer)),
      );
      const counts: Record<string, number> = {};
      for (const word of told) counts[word] = (counts[word] ?? 0) + 1;
      return counts;
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  }

  describe('races', () => {
    it('a ticket is claimed by one of the links that come with it', async () => {
      const scene = newScene();
      const told = await race((store, racer) =>
        store.claimTicket({ ...claimOf(scene), linkRunId: linkOf(scene.number * 100 + racer) }),
      );
      expect(told).toEqual({ claimed: 1, 'claimed-by-other': racers - 1 });
    });

    it('a ticket nonce is claimed for one run, whichever run comes with it', async () => {
      const nonce = claimOf(newScene()).ticket.body.nonce;
      const told = await race((store) => {
        const scene = newScene();
        const ticket = aTicket(scene.number, { nonce });
        return store.claimTicket({ ...claimOf(scene), ticket });
      });
      expect(told).toEqual({ claimed: 1, 'claimed-by-other': racers - 1 });
    });

    it.each(['successor', 'reset'] as const)('a link has one %s', async (kind) => {
      const { store } = current();
      const scene = await openRun(store);
      const told = await race(async (one, racer) => {
        const linkRunId = linkOf(scene.number * 100 + 1 + racer);
        const link = { workflowId: scene.workflowId, linkRunId, kind, expectedLastLinkRunId: scene.linkRunId };
        return (await one.registerLink({ ...link, now: someTimeAt })).kind;
      });
      expect(told).toEqual({ registered: 1, stale: racers - 1 });
      expect((await store.getRun(scene.workflowId))?.runEpoch).toBe(kind === 'reset' ? 1 : 0);
    });

    it('a run epoch is raised once for one reason, and once more for each other one', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const { workflowId } = scene;
      await race(async (one, racer) => {
        return String(await one.raiseRunEpoch({ workflowId, fromEpoch: 0, reason: `r${racer % 3}`, now: someTimeAt }));
      });
      expect((await store.getRun(workflowId))?.runEpoch).toBe(3);
    });

    it('a run is closed once, in one ledger entry', async () => {
      const { store } = current();
      const { workflowId, linkRunId } = await openRun(store);
      await race(async (one, racer) => {
        await one.closeRun({ workflowId, linkRunId, outcome: `o${racer}`, now: someTimeAt });
        return 'told';
      });
      const ledger = await store.listLedger({ workflowId, limit: 100 });
      expect(ledger.filter(({ kind }) => kind === 'run-closed')).toHaveLength(1);
    });

    it('a decision is recorded once, and the others get that one', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const told = await race(async (one, racer) => {
        const verdict = racer % 2 ? 'allow' : 'deny';
        const result = await decide(one, scene, scene.callKey(1), { verdict });
        return result.kind === 'exists' ? `exists ${result.decision.body.verdict}` : result.kind;
      });
      const stored = (await store.listDecisions(scene.workflowId)).map(({ body }) => body.verdict);
      expect(stored).toHaveLength(1);
      expect(told).toEqual({ recorded: 1, [`exists ${stored[0]}`]: racers - 1 });
    });

    it('a nonce asks once, also for calls of different runs', async () => {
      const { store } = current();
      const scenes = await Promise.all(Array.from({ length: racers }, () => openRun(store)));
      const ask = nonceOf(newScene().nonce);
      const told = await race(async (one, racer) => {
        const scene = scenes[racer] ?? newScene();
        const asked = decide(one, scene, scene.callKey(1), { verdict: { ask } });
        return await asked.then(
          ({ kind }) => kind,
          (error: unknown) => String((error as { code?: unknown }).code),
        );
      });
      expect(told).toEqual({ recorded: 1, conflict: racers - 1 });
    });

    it.each([
      ['run', { callsPerRun: 5, callsPerTurn: 100 }],
      ['turn', { callsPerRun: 100, callsPerTurn: 5 }],
    ] as const)('a limit for each %s admits exactly so many', async (_, admit) => {
      const { store } = current();
      const scene = await openRun(store);
      const told = await race(
        async (one, racer) => (await decide(one, scene, scene.callKey(1, racer), { admit })).kind,
      );
      expect(told).toEqual({ recorded: 5, 'over-limit': racers - 5 });
      expect((await gate(store, scene, scene.callKey(1))).admitted).toMatchObject({ run: 5, turn: 5 });
    });

    it('decisions of a run are numbered without gap or double', async () => {
      const { store } = current();
      const scene = await openRun(store);
      await race(async (one, racer) => (await decide(one, scene, scene.callKey(1, racer))).kind);
      expect(await store.listDecisions(scene.workflowId)).toHaveLength(racers);
    });

    it('a principal votes once for a nonce, and the others are told that vote', async () => {
      const nonce = nonceOf(newScene().nonce);
      const firsts = new Set<string>();
      const told = await race(async (one, racer) => {
        const vote = aVote(nonce, 'ann', { verdict: racer % 2 ? 'approve' : 'deny', castAt: someTimeAt + racer });
        const result = await one.storeVote(vote, voteDigest(vote));
        firsts.add(result.kind === 'stored' ? voteDigest(vote) : result.first.digest);
        return result.kind;
      });
      expect(told).toEqual({ stored: 1, duplicate: racers - 1 });
      expect(firsts.size).toBe(1);
    });

    it('an approval is reserved for one try of its call', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      const told = await race(
        async (one, racer) => (await reserve(one, scene, scene.callKey(1), { nonce, try: racer + 1 })).kind,
      );
      expect(told).toEqual({ reserved: 1, 'approval-used': racers - 1 });
    });

    it('a reserved call is started once, and ends once: consumed or void', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      await reserve(store, scene, callKey);
      expect(await race((one) => start(one, callKey))).toEqual({ started: 1, lost: racers - 1 });
      const told = await race(async (one, racer) =>
        racer % 2
          ? await one.consumeFence(consumptionOf(callKey))
          : (await one.voidFence(voidStepOf(scene, callKey))).kind,
      );
      const row = await store.getFence(callKey, 1);
      expect((told['consumed'] ?? 0) > 0).toBe(row?.state === 'consumed');
      expect(told['voided'] ?? 0).toBe(row?.state === 'void' ? 1 : 0);
      const ledger = await store.listLedger({ workflowId: scene.workflowId, limit: 100 });
      expect(ledger.filter(({ kind }) => kind === 'receipt')).toHaveLength(row?.state === 'consumed' ? 1 : 0);
    });

    it('an absent call is voided or reserved, never both', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const told = await race(async (one, racer) =>
        racer % 2
          ? (await one.voidFence(voidStepOf(scene, scene.callKey(1)))).kind
          : (await reserve(one, scene, scene.callKey(1))).kind,
      );
      expect((told['reserved'] ?? 0) + (told['voided'] ?? 0)).toBeLessThanOrEqual(2);
      const row = await store.getFence(scene.callKey(1), 1);
      expect(row?.voidedFrom).toBe(told['reserved'] ? 'reserved' : 'absent');
      expect(told['voided']).toBe(1);
    });

    it('a permit has one receipt, and those of a call are in order', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      const told = await race(async (one, racer) => {
        const permitDigest = anyDigest(`permit ${racer % 3} ${callKey}`);
        const receipt = aReceipt({ callKey, purpose: 'probe' }, permitDigest);
        const record = { permitDigest, receipt, output: anOutput(), labels: ['untrusted' as const], turn: 1 };
        return (await one.recordReceipt(record)).kind;
      });
      expect(told).toEqual({ recorded: 3, exists: racers - 3 });
      expect((await gate(store, scene, callKey)).probes).toHaveLength(3);
    });

    it('control records and ledger entries have numbers without gap or double', async () => {
      const { store } = current();
      const [ledgerBefore, controlBefore] = [await lastLedger(store), (await append(store)).body.sequence];
      const told = await race(async (one) => {
        await openRun(one);
        return String((await append(one)).body.sequence);
      });
      expect(
        Object.keys(told)
          .map(Number)
          .toSorted((a, b) => a - b),
      ).toEqual(range(controlBefore + 1, racers));
      const entries = await store.listLedger({ after: ledgerBefore, limit: 100 });
      expect(entries.map(({ sequence }) => sequence)).toEqual(range(ledgerBefore + 1, racers));
    });
  });
}

function append(store: Store) {
  return store.appendControl((sequence) => aControl({ kind: 'api-key-revocation', sequence, keyId: 'k', by: 'ann' }));
}

async function lastLedger(store: Store): Promise<number> {
  return (await store.listLedger({ limit: 100_000 })).at(-1)?.sequence ?? 0;
}

function range(first: number, length: number): number[] {
  return Array.from({ length }, (_, index) => first + index);
}
