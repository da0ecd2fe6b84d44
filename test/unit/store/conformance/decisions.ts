/** Recording decisions: identity, staleness, limits, asks, denials. */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../core/canonical-json.ts';
import {
  aDenial,
  anyDigest,
  aVote,
  decisionDigest,
  linkOf,
  nonceOf,
  someTimeAt,
} from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { decide, decisionOf, gate, openRun, view } from './scene.ts';

export function decisionConformance(current: CurrentHarness): void {
  describe('decisions', () => {
    it('a decision recorded again is answered with the stored one, whatever it says now', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const record = decisionOf(scene, scene.callKey(1));
      expect(await store.recordDecision(record, { runEpoch: 0 })).toEqual({ kind: 'recorded' });
      const decision = aDenial({ callKey: scene.callKey(1), linkRunId: scene.linkRunId });
      const again = { ...record, decision, digest: decisionDigest(decision) };
      expect(await store.recordDecision(again, { runEpoch: 0 })).toEqual({ kind: 'exists', decision: record.decision });
      const stored = async (pass: number) => (await view(store, scene, scene.callKey(1), { pass })).decision;
      expect(await stored(1)).toEqual(record.decision);
      expect(await stored(2)).toBeNull();
    });

    it('P4 the text of another decision is never kept as that of this one', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const [record, other] = [1, 2].map((turn) => decisionOf(scene, scene.callKey(turn)));
      if (!record || !other) throw new TypeError('no decisions');
      const signature = `${other.decision.signature.slice(0, -8)}BBBBBBBB`;
      const text = canonicalJson({ ...other.decision, signature });
      await expect(store.recordDecision({ ...record, text }, { runEpoch: 0 })).rejects.toMatchObject({
        code: 'internal-fault',
      });
      expect(await store.listDecisions(scene.workflowId)).toEqual([]);
      await store.recordDecision({ ...record, text: canonicalJson(record.decision) }, { runEpoch: 0 });
      expect(await store.listDecisions(scene.workflowId)).toEqual([record.decision]);
    });

    it('decisions are listed in the order they came', async () => {
      const { store } = current();
      const scene = await openRun(store);
      for (const turn of [1, 2, 10]) await decide(store, scene, scene.callKey(turn));
      const turns = (await store.listDecisions(scene.workflowId)).map(({ body }) => body.callKey);
      expect(turns).toEqual([scene.callKey(1), scene.callKey(2), scene.callKey(10)]);
    });

    it('the newest denials of a run are given oldest first, and nothing else', async () => {
      const { store } = current();
      const scene = await openRun(store);
      for (const turn of [1, 2, 3]) await decide(store, scene, scene.callKey(turn), { verdict: 'deny' });
      await decide(store, scene, scene.callKey(4));
      const other = await openRun(store);
      await decide(store, other, other.callKey(1), { verdict: 'deny' });
      const denials = await store.denialsOf(scene.workflowId, 2);
      expect(denials.map(({ body }) => body.callKey)).toEqual([scene.callKey(2), scene.callKey(3)]);
    });

    it('a decision of another epoch, another link or a lower turn is stale', async () => {
      const { store } = current();
      const scene = await openRun(store);
      await decide(store, scene, scene.callKey(5));
      expect(await decide(store, scene, scene.callKey(4))).toEqual({ kind: 'stale' });
      expect(await decide(store, scene, scene.callKey(5, 1))).toEqual({ kind: 'recorded' });
      expect(await decide(store, scene, scene.callKey(6), { place: { linkRunId: linkOf(1) } })).toEqual({
        kind: 'stale',
      });
      expect(await decide(store, scene, scene.callKey(6), { place: { runEpoch: 1 } })).toEqual({ kind: 'stale' });
      await store.raiseRunEpoch({ workflowId: scene.workflowId, fromEpoch: 0, reason: 'test', now: someTimeAt });
      expect(await decide(store, scene, scene.callKey(6))).toEqual({ kind: 'stale' });
      expect(await decide(store, scene, scene.callKey(4), { place: { runEpoch: 1 } })).toEqual({ kind: 'recorded' });
    });

    it('a stale decision leaves no ask, no denial and no admission', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      const denial = { tool: 'restart_service', argumentsDigest: anyDigest('arguments'), nonce };
      const options = {
        verdict: { ask: nonce },
        denial,
        admit: { callsPerRun: 9, callsPerTurn: 9 },
        place: { runEpoch: 1 },
      };
      expect(await decide(store, scene, scene.callKey(1), options)).toEqual({ kind: 'stale' });
      expect(await store.getAsk(nonce)).toBeNull();
      expect(await gate(store, scene, scene.callKey(1))).toMatchObject({ denials: [], admitted: { run: 0 } });
    });

    it('a call and try is admitted once, also by a later pass', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const admit = { callsPerRun: 1, callsPerTurn: 1 };
      const callKey = scene.callKey(1);
      expect(await decide(store, scene, callKey, { admit })).toEqual({ kind: 'recorded' });
      expect(await decide(store, scene, callKey, { admit, place: { pass: 2 } })).toEqual({ kind: 'recorded' });
      const second = await decide(store, scene, callKey, { admit, place: { try: 2 } });
      expect(second).toEqual({ kind: 'over-limit', limit: 'callsPerRun' });
      expect((await gate(store, scene, callKey)).admitted).toEqual({ run: 1, turn: 1, thisCallAndTry: true });
      expect((await gate(store, scene, callKey, 2)).admitted).toEqual({ run: 1, turn: 1, thisCallAndTry: false });
    });

    it('parallel calls of two connections cannot overshoot the limit of a turn nor of the run', async () => {
      const { store, another } = current();
      const other = await another();
      const scene = await openRun(store);
      const admit = { callsPerRun: 12, callsPerTurn: 7 };
      const record = (turn: number) =>
        Promise.all(
          Array.from({ length: 64 }, (_, index) =>
            decide(index % 2 ? store : other, scene, scene.callKey(turn, index), { admit }),
          ),
        );
      const first = await record(1);
      expect(first.filter(({ kind }) => kind === 'recorded')).toHaveLength(7);
      expect(first.filter((result) => result.kind === 'over-limit' && result.limit === 'callsPerTurn')).toHaveLength(
        57,
      );
      const second = await record(2);
      await other.close();
      expect(second.filter(({ kind }) => kind === 'recorded')).toHaveLength(5);
      expect(second.filter((result) => result.kind === 'over-limit' && result.limit === 'callsPerRun')).toHaveLength(
        59,
      );
      expect(await store.listDecisions(scene.workflowId)).toHaveLength(12);
    });

    it('an ask is listed while open, and closed once with its first outcome', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      const open = await store.listAsks({ open: true, workflowId: scene.workflowId, limit: 5 });
      expect(open).toMatchObject([{ nonce, kind: 'call', outcome: null, approvalId: `${scene.callKey(1)}/1` }]);
      const dueFrom = open[0]?.deadlineAt ?? 0;
      const due = { open: true, workflowId: scene.workflowId, limit: 5 };
      expect(await store.listAsks({ ...due, dueFrom })).toHaveLength(1);
      expect(await store.listAsks({ ...due, dueFrom: dueFrom + 1 })).toEqual([]);
      const closes = { nonce, outcome: 'expired' as const, at: someTimeAt + 7 };
      await decide(store, scene, scene.callKey(1), { verdict: 'deny', closes, place: { pass: 2 } });
      await decide(store, scene, scene.callKey(1), { closes: { ...closes, outcome: 'approved' }, place: { pass: 3 } });
      expect(await store.getAsk(nonce)).toMatchObject({ outcome: 'expired', closedAt: someTimeAt + 7 });
      expect(await store.listAsks({ open: true, workflowId: scene.workflowId, limit: 5 })).toEqual([]);
      expect(await store.listAsks({ open: false, workflowId: scene.workflowId, limit: 5 })).toHaveLength(1);
      const changes = await store.approvalChanges({ from: open[0]?.ask.issuedAt ?? 0, limit: 1000 });
      const own = changes.filter((change) => change.nonce === nonce).map(({ kind, at }) => [kind, at]);
      expect(own).toContainEqual(['closed', someTimeAt + 7]);
      expect(own.map(([kind]) => kind)).toEqual(['requested', 'closed']);
      expect(await store.approvalChanges({ from: Number.MAX_SAFE_INTEGER, limit: 10 })).toEqual([]);
      const ended = { workflowId: scene.workflowId, limit: 5 };
      expect(await store.listAsks({ ...ended, outcome: 'expired' })).toHaveLength(1);
      expect(await store.listAsks({ ...ended, outcome: 'approved' })).toEqual([]);
    });

    it('a changed ask is named and keeps no other from being listed', async () => {
      const { store, execute } = current();
      const scene = await openRun(store);
      const [changed, sound] = [nonceOf(scene.nonce), nonceOf(scene.nonce + 1)];
      for (const [index, nonce] of [changed, sound].entries())
        await decide(store, scene, scene.callKey(index + 1), { verdict: { ask: nonce } });
      await execute(`UPDATE asks SET card = '{}' WHERE nonce = '${changed}'`);
      const filter = { open: true, workflowId: scene.workflowId, limit: 5 };
      await expect(store.listAsks(filter)).rejects.toMatchObject({ code: 'record-invalid' });
      const invalid: string[] = [];
      const listed = await store.listAsks(filter, ({ nonce }) => invalid.push(nonce));
      expect(listed.map(({ nonce }) => nonce)).toEqual([sound]);
      expect(invalid).toEqual([changed]);
      // Nor does it take a place of theirs: whoever changes the most urgent ones would hide the rest.
      expect((await store.listAsks({ ...filter, limit: 1 }, () => undefined)).map(({ nonce }) => nonce)).toEqual([
        sound,
      ]);
    });

    it('asks are read page by page, each once, and a row that is changed after it was read is not believed', async () => {
      const { store, execute } = current();
      const scene = await openRun(store);
      const nonces = [0, 1, 2, 3, 4].map((index) => nonceOf(scene.nonce + index));
      for (const [index, nonce] of nonces.entries())
        await decide(store, scene, scene.callKey(index + 1), { verdict: { ask: nonce } });
      for (const open of [true, undefined]) {
        const filter = { workflowId: scene.workflowId, limit: 2, ...(open ? { open } : {}) };
        const seen: string[] = [];
        for (let rows = await store.listAsks(filter); rows.length > 0; ) {
          seen.push(...rows.map(({ nonce }) => nonce));
          const after = rows.at(-1);
          if (!after) break;
          rows = await store.listAsks({ ...filter, after });
        }
        expect(seen).toEqual(nonces);
      }
      const [first = ''] = nonces;
      await execute(`UPDATE asks SET card = '{}' WHERE nonce = '${first}'`);
      await expect(store.getAsk(first)).rejects.toMatchObject({ code: 'record-invalid' });
    });

    it('the risk that lists choose by is that of the signed ask, or of a version that kept none', async () => {
      const { store, execute } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      const listed = async (critical: boolean) =>
        (await store.listAsks({ workflowId: scene.workflowId, critical, limit: 5 })).map((row) => row.nonce);
      expect([await listed(true), await listed(false)]).toEqual([[], [nonce]]);
      await execute(`UPDATE asks SET risk = '' WHERE nonce = '${nonce}'`);
      expect([await listed(true), await listed(false)]).toEqual([[], [nonce]]);
      await execute(`UPDATE asks SET risk = 'critical' WHERE nonce = '${nonce}'`);
      await expect(listed(true)).rejects.toMatchObject({ code: 'record-invalid' });
      expect(await listed(false)).toEqual([]);
    });

    it('a run cannot close the ask of another run', async () => {
      const { store } = current();
      const [victim, attacker] = [await openRun(store), await openRun(store)];
      const nonce = nonceOf(victim.nonce);
      await decide(store, victim, victim.callKey(1), { verdict: { ask: nonce } });
      const closes = { nonce, outcome: 'withdrawn' as const, at: someTimeAt };
      await decide(store, attacker, attacker.callKey(1), { verdict: 'deny', closes });
      expect(await store.getAsk(nonce)).toMatchObject({ outcome: null });
    });

    it('a nonce that was used for another request is refused and leaves nothing', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      const second = decide(store, scene, scene.callKey(2), { verdict: { ask: nonce } });
      await expect(second).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.listDecisions(scene.workflowId)).toHaveLength(1);
      expect(await store.getRun(scene.workflowId)).toMatchObject({ turnMark: 1 });
    });

    it('a denial is remembered for the run, in every epoch', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const denial = { tool: 'restart_service', argumentsDigest: anyDigest('arguments'), nonce: nonceOf(scene.nonce) };
      await decide(store, scene, scene.callKey(1), { verdict: 'deny', denial });
      await decide(store, scene, scene.callKey(1), { verdict: 'deny', denial, place: { pass: 2 } });
      await store.raiseRunEpoch({ workflowId: scene.workflowId, fromEpoch: 0, reason: 'test', now: someTimeAt });
      expect((await gate(store, scene, scene.callKey(3))).denials).toEqual([denial]);
    });

    it('a stored vote that says no in time is seen by the gate, a late one is not', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      const noInTime = aVote(nonce, 'bob', { verdict: 'deny', castAt: someTimeAt + 60_000 });
      const noTooLate = aVote(nonce, 'cat', { verdict: 'deny', castAt: someTimeAt + 60_001 });
      for (const vote of [aVote(nonce, 'dan'), noTooLate, noInTime])
        await store.storeVote(vote, anyDigest(JSON.stringify(vote)));
      const { denialVotes } = await gate(store, scene, scene.callKey(9));
      const expected = { tool: 'restart_service', argumentsDigest: anyDigest('arguments'), nonce, vote: noInTime };
      expect(denialVotes).toEqual([expected]);
    });
  });
}
