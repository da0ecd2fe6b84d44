/** Tickets claimed, links, epochs. */
import { describe, expect, it } from 'vitest';
import { aTicket, anyDigest, linkOf, someTimeAt, uuidOf, workflowIdOf } from '../../../support/signed-objects.ts';
import type { RunRow } from '../../../../store/index.ts';
import type { CurrentHarness } from '../conformance.ts';
import { claimOf, decide, newScene, openRun } from './scene.ts';

export function runConformance(current: CurrentHarness): void {
  describe('runs and links', () => {
    it('a ticket is claimed once and opens run, link and ledger together', async () => {
      const { store } = current();
      const scene = newScene();
      expect(await store.claimTicket(claimOf(scene))).toBe('claimed');
      expect(await store.getRun(scene.workflowId)).toMatchObject({
        ticket: aTicket(scene.number),
        firstLinkRunId: scene.linkRunId,
        lastLinkRunId: scene.linkRunId,
        runEpoch: 0,
        turnMark: 0,
        closedAt: null,
      });
      const ledger = await store.listLedger({ workflowId: scene.workflowId, limit: 10 });
      expect(ledger.map((entry) => entry.kind)).toEqual(['run-opened']);
    });

    it('many runs are read in one look, without the one whose row was changed', async () => {
      const { store, execute } = current();
      const [one, other, changed] = [await openRun(store), await openRun(store), await openRun(store)];
      await execute(`update runs set principal = 'mallory' where workflow_id = '${changed.workflowId}'`);
      const invalid: string[] = [];
      const wanted = [one, other, changed, newScene()].map(({ workflowId }) => workflowId);
      const runs = await store.runsByIds(wanted, (workflowId) => invalid.push(workflowId));
      expect([...runs.keys()].toSorted()).toEqual([one.workflowId, other.workflowId].toSorted());
      expect(runs.get(one.workflowId)).toEqual(await store.getRun(one.workflowId));
      expect(invalid).toEqual([changed.workflowId]);
      await expect(store.runsByIds(wanted)).rejects.toMatchObject({ code: 'record-invalid' });
      expect(await store.runsByIds([])).toEqual(new Map());
    });

    it('a ticket claimed again is the same only with the same digest and link', async () => {
      const { store } = current();
      const scene = newScene();
      const claim = claimOf(scene);
      await store.claimTicket(claim);
      expect(await store.claimTicket(claim)).toBe('same');
      expect(await store.claimTicket({ ...claim, linkRunId: linkOf(1) })).toBe('claimed-by-other');
      expect(await store.claimTicket({ ...claim, ticketDigest: anyDigest('forged') })).toBe('claimed-by-other');
      expect(await store.listLedger({ workflowId: scene.workflowId, limit: 10 })).toHaveLength(1);
    });

    it('a ticket with the nonce of another ticket opens no run', async () => {
      const { store } = current();
      const first = await openRun(store);
      const second = newScene();
      const ticket = aTicket(second.number, { nonce: uuidOf('ticket', first.number) });
      expect(await store.claimTicket({ ...claimOf(second), ticket })).toBe('claimed-by-other');
      expect(await store.getRun(second.workflowId)).toBeNull();
    });

    it('a ticket claimed by many links at once is claimed by one', async () => {
      const { store, another } = current();
      const other = await another();
      const scene = newScene();
      const claims = Array.from({ length: 8 }, (_, index) => ({
        ...claimOf(scene),
        linkRunId: linkOf(scene.nonce + index),
      }));
      const results = await Promise.all(claims.map((claim, index) => (index % 2 ? store : other).claimTicket(claim)));
      await other.close();
      expect(results.filter((result) => result === 'claimed')).toHaveLength(1);
      expect(results.filter((result) => result === 'claimed-by-other')).toHaveLength(7);
    });

    it('a successor link keeps epoch and turn mark', async () => {
      const { store } = current();
      const scene = await openRun(store);
      await decide(store, scene, scene.callKey(4));
      const link = { workflowId: scene.workflowId, linkRunId: linkOf(scene.nonce + 1), kind: 'successor' as const };
      const result = await store.registerLink({ ...link, expectedLastLinkRunId: scene.linkRunId, now: someTimeAt });
      expect(result).toMatchObject({
        kind: 'registered',
        run: { lastLinkRunId: link.linkRunId, runEpoch: 0, turnMark: 4 },
      });
    });

    it('a reset link raises the epoch, restarts the turn mark and reopens a closed run', async () => {
      const { store } = current();
      const scene = await openRun(store);
      await decide(store, scene, scene.callKey(4));
      await store.closeRun({ ...scene, outcome: 'completed', now: someTimeAt });
      const link = { workflowId: scene.workflowId, linkRunId: linkOf(scene.nonce + 1), kind: 'reset' as const };
      const register = { ...link, expectedLastLinkRunId: scene.linkRunId, now: someTimeAt };
      const run = { runEpoch: 1, turnMark: 0, lastLinkRunId: link.linkRunId, closedAt: null, outcome: null };
      expect(await store.registerLink(register)).toMatchObject({ kind: 'registered', run });
      expect(await store.registerLink(register)).toMatchObject({ kind: 'registered', run });
      const kinds = (await store.listLedger({ workflowId: scene.workflowId, limit: 10 })).map((entry) => entry.kind);
      expect(kinds).toEqual(['run-opened', 'run-closed', 'link-registered']);
    });

    it('a link whose predecessor is not the last is stale and changes nothing', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const link = { workflowId: scene.workflowId, linkRunId: linkOf(scene.nonce + 1), kind: 'reset' as const };
      const result = await store.registerLink({ ...link, expectedLastLinkRunId: linkOf(1), now: someTimeAt });
      expect(result).toMatchObject({ kind: 'stale', run: { runEpoch: 0, lastLinkRunId: scene.linkRunId } });
      const unknown = { ...link, workflowId: workflowIdOf(1), expectedLastLinkRunId: linkOf(1), now: someTimeAt };
      expect(await store.registerLink(unknown)).toEqual({ kind: 'stale', run: null });
    });

    it('an epoch is raised once for each reason, however often it is asked', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const change = { workflowId: scene.workflowId, fromEpoch: 0, reason: 'other-arguments', now: someTimeAt };
      const raised = await Promise.all([1, 2, 3].map(() => store.raiseRunEpoch(change)));
      expect(raised).toEqual([1, 1, 1]);
      expect(await store.raiseRunEpoch({ ...change, reason: 'another' })).toBe(2);
      expect(await store.getRun(scene.workflowId)).toMatchObject({ runEpoch: 2, turnMark: 0 });
      await expect(store.raiseRunEpoch({ ...change, workflowId: workflowIdOf(1) })).rejects.toMatchObject({
        code: 'not-found',
      });
    });

    it('a run is closed once, and only by its last link', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const close = { workflowId: scene.workflowId, outcome: 'completed', now: someTimeAt + 1 };
      await store.closeRun({ ...close, linkRunId: linkOf(1) });
      expect(await store.getRun(scene.workflowId)).toMatchObject({ closedAt: null });
      await store.closeRun({ ...close, linkRunId: scene.linkRunId });
      await store.closeRun({ ...close, linkRunId: scene.linkRunId, outcome: 'failed' });
      expect(await store.getRun(scene.workflowId)).toMatchObject({ closedAt: someTimeAt + 1, outcome: 'completed' });
    });

    it('runs are listed newest first, before a time and by principal', async () => {
      const { store } = current();
      const scenes = [newScene(), newScene(), newScene()];
      for (const [index, scene] of scenes.entries()) {
        const ticket = aTicket(scene.number, { principal: `lister${index % 2}` });
        await store.claimTicket({ ...claimOf(scene), ticket, now: someTimeAt + 1000 + index });
      }
      const ids = async (filter: Parameters<typeof store.listRuns>[0]) =>
        (await store.listRuns(filter)).map((run) => run.workflowId);
      expect(await ids({ limit: 2 })).toEqual([scenes[2]?.workflowId, scenes[1]?.workflowId]);
      expect(await ids({ limit: 1, before: { openedAt: someTimeAt + 1002 } })).toEqual([scenes[1]?.workflowId]);
      expect(await ids({ limit: 5, principal: 'lister1' })).toEqual([scenes[1]?.workflowId]);
    });

    it('pages lose no run of those opened in one millisecond', async () => {
      const { store } = current();
      const principal = 'same-moment';
      const scenes = [newScene(), newScene(), newScene(), newScene()];
      for (const scene of scenes)
        await store.claimTicket({ ...claimOf(scene), ticket: aTicket(scene.number, { principal }), now: someTimeAt });
      const found: string[] = [];
      let before: RunRow | undefined;
      for (;;) {
        const page = await store.listRuns({ limit: 3, principal, ...(before === undefined ? {} : { before }) });
        found.push(...page.map((run) => run.workflowId));
        before = page.at(-1);
        if (page.length < 3) break;
      }
      expect(found).toEqual(scenes.map((scene) => scene.workflowId).sort());
    });
  });
}
