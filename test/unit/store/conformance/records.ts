/** Receipts, bodies, ledger, and what happens when somebody changes the database by hand. */
import { describe, expect, it } from 'vitest';
import {
  aControl,
  anOutput,
  anyDigest,
  aReceipt,
  nonceOf,
  aVote,
  someTimeAt,
  voteDigest,
} from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';
import { consumptionOf, decide, gate, openRun, reserve, start } from './scene.ts';

export function recordConformance(current: CurrentHarness): void {
  describe('receipts', () => {
    it('the first receipt of a permit stays, with its labels and one ledger entry', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      const permitDigest = anyDigest(`read ${callKey}`);
      const record = (text: string, labels: ('untrusted' | 'secret')[]) => {
        const receipt = aReceipt({ callKey }, permitDigest, { outputDigest: anyDigest(text) });
        return { permitDigest, receipt, output: anOutput(text), labels, turn: 1 };
      };
      const first = record('one', ['untrusted']);
      const second = record('two', ['secret']);
      // One after the other: which of two comes first is nobody's to say where connections race (races.ts).
      const results = [await store.recordReceipt(first), await store.recordReceipt(second)];
      expect(results).toEqual([{ kind: 'recorded' }, { kind: 'exists', receipt: first.receipt, output: first.output }]);
      expect((await gate(store, scene, scene.callKey(2))).labels).toEqual(['untrusted']);
      const ledger = await store.listLedger({ workflowId: scene.workflowId, limit: 10 });
      expect(ledger.filter(({ kind }) => kind === 'receipt')).toHaveLength(1);
      expect(ledger.at(-1)).toMatchObject({ at: someTimeAt + 5, body: { permitDigest, labels: ['untrusted'] } });
    });

    it('a receipt is not known without its labels: where they cannot be written, neither it nor the consumption is', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const unwritable = { labels: [null as never] };
      const read = scene.callKey(1);
      const permitDigest = anyDigest(`read ${read}`);
      const record = { permitDigest, receipt: aReceipt({ callKey: read }, permitDigest), output: anOutput(), turn: 1 };
      await expect(store.recordReceipt({ ...record, ...unwritable })).rejects.toThrow(/NOT NULL|null/iu);
      expect(await store.receiptByPermit(permitDigest)).toBeNull();
      const effect = scene.callKey(2);
      await reserve(store, scene, effect);
      await start(store, effect);
      await expect(store.consumeFence(consumptionOf(effect, unwritable))).rejects.toThrow(/NOT NULL|null/iu);
      expect(await store.getFence(effect, 1)).toMatchObject({ state: 'executing', receipt: null });
      const ledger = await store.listLedger({ workflowId: scene.workflowId, limit: 10 });
      expect(ledger.filter(({ kind }) => kind === 'receipt')).toEqual([]);
    });

    it('a receipt of another permit or turn than is said is not stored', async () => {
      const { store } = current();
      const scene = await openRun(store);
      const callKey = scene.callKey(1);
      const permitDigest = anyDigest(`read ${callKey}`);
      const receipt = aReceipt({ callKey }, anyDigest('another'));
      const record = { permitDigest, receipt, output: anOutput(), labels: [], turn: 1 };
      await expect(store.recordReceipt(record)).rejects.toMatchObject({ code: 'internal-fault' });
      const right = { ...record, receipt: aReceipt({ callKey }, permitDigest) };
      await expect(store.recordReceipt({ ...right, turn: 2 })).rejects.toMatchObject({ code: 'internal-fault' });
      expect(await store.receiptByPermit(permitDigest)).toBeNull();
    });
  });

  describe('bodies', () => {
    it.each(['', 'plain', 'nul \u0000 and newline\n', 'é 漢 🜁', 'x'.repeat(300_000)])(
      'text %# comes back by its digest',
      async (text) => {
        const { store } = current();
        const digest = await store.putBody(text);
        expect(await store.putBody(text)).toBe(digest);
        expect(await store.getBody(digest)).toBe(text);
      },
    );

    it('an unknown digest has no body', async () => {
      expect(await current().store.getBody(anyDigest('none'))).toBeNull();
    });

    it('a changed body is never handed out', async () => {
      const { store, execute } = current();
      const digest = await store.putBody('rules: allow nothing');
      await execute(`update bodies set text_json = '"rules: allow everything"' where digest = '${digest}'`);
      await expect(store.getBody(digest)).rejects.toMatchObject({ code: 'record-invalid' });
      await execute(`update bodies set text_json = 'no json' where digest = '${digest}'`);
      await expect(store.getBody(digest)).rejects.toMatchObject({ code: 'record-invalid' });
    });
  });

  describe('ledger', () => {
    it('numbers its entries in order and pages by number', async () => {
      const { store } = current();
      await openRun(store);
      await openRun(store);
      const all = await store.listLedger({ limit: 10_000 });
      const sequences = all.map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.map((_, index) => index + 1));
      const after = sequences.length - 2;
      expect((await store.listLedger({ after, limit: 1 })).map(({ sequence }) => sequence)).toEqual([after + 1]);
    });

    it.each([
      "update ledger set kind = 'intent'",
      'delete from ledger',
      'delete from ledger where sequence = 1',
      "insert into ledger (sequence, kind, workflow_id, body, at) values (1, 'intent', 'x', '{}', 0)",
      "update control set kind = 'thaw'",
      'delete from control',
    ])('refuses "%s"', async (statement) => {
      const { store, execute } = current();
      await openRun(store);
      await store.appendControl((sequence) =>
        aControl({ kind: 'api-key-revocation', sequence, keyId: 'k', by: 'ann' }),
      );
      const before = await store.listLedger({ limit: 10_000 });
      // A second row of one number is refused by a trigger or by the primary key, as the database does it.
      await expect(execute(statement)).rejects.toThrow(/append-only|ledger_pkey/u);
      expect(await store.listLedger({ limit: 10_000 })).toEqual(before);
    });
  });

  describe('tables', () => {
    const fence =
      'workflow_id, link_run_id, run_epoch, state, tool, arguments_digest, nonce, permit_digest, reserved_at, start_to_close_ms';
    const run = 'ticket, principal, first_link_run_id, last_link_run_id, run_epoch, turn_mark, opened_at';
    it.each([
      `insert into fences (call_key, try, ${fence}) select call_key, try, ${fence} from fences where state <> 'void'`,
      `insert into fences (call_key, try, ${fence}) select call_key, try + 50, ${fence} from fences where nonce is not null and state <> 'void'`,
      `insert into runs (workflow_id, ticket_digest, ticket_nonce, ${run}) select 'other', ticket_digest, 'other', ${run} from runs`,
      `insert into runs (workflow_id, ticket_digest, ticket_nonce, ${run}) select 'other', 'other', ticket_nonce, ${run} from runs`,
      "insert into votes (nonce, principal, verdict, digest, vote, cast_at, signalled) select nonce, 'other', verdict, digest, vote, cast_at, 0 from votes",
      "insert into votes (nonce, principal, verdict, digest, vote, cast_at, signalled) select nonce, principal, verdict, 'other', vote, cast_at, 0 from votes",
    ])('refuse the second of what exists once: %s', async (statement) => {
      const { store, execute } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await reserve(store, scene, scene.callKey(1), { nonce });
      const vote = aVote(nonce, 'bob');
      await store.storeVote(vote, voteDigest(vote));
      await expect(execute(`${statement} limit 1`)).rejects.toThrow(/unique/iu);
    });
  });

  describe('rows changed by hand', () => {
    it('a ticket of another principal than its row is invalid', async () => {
      const { store, execute } = current();
      const scene = await openRun(store);
      const where = `where workflow_id = '${scene.workflowId}'`;
      await execute(`update runs set principal = 'mallory' ${where}`);
      await expect(store.getRun(scene.workflowId)).rejects.toMatchObject({ code: 'record-invalid' });
      await execute(`update runs set principal = 'ann', ticket = '{}' ${where}`);
      await expect(store.getRun(scene.workflowId)).rejects.toMatchObject({ code: 'record-invalid' });
      await expect(gate(store, scene, scene.callKey(1))).rejects.toMatchObject({ code: 'record-invalid' });
    });

    it('a permit moved to another call is invalid', async () => {
      const { store, execute } = current();
      const scene = await openRun(store);
      await decide(store, scene, scene.callKey(1));
      await execute(`update decisions set call_key = '${scene.callKey(2)}' where call_key = '${scene.callKey(1)}'`);
      await expect(store.listDecisions(scene.workflowId)).rejects.toMatchObject({ code: 'record-invalid' });
    });

    it('a card that is not the one asked about is invalid', async () => {
      const { store, execute } = current();
      const scene = await openRun(store);
      const nonce = nonceOf(scene.nonce);
      await decide(store, scene, scene.callKey(1), { verdict: { ask: nonce } });
      await execute(`update asks set card = '{}' where nonce = '${nonce}'`);
      await expect(store.getAsk(nonce)).rejects.toMatchObject({ code: 'record-invalid' });
      await execute(`delete from asks where nonce = '${nonce}'`);
    });

    it('a vote moved to another request or turned to yes is invalid', async () => {
      const { store, execute } = current();
      const scene = await openRun(store);
      const [nonce, target] = [nonceOf(scene.nonce), nonceOf(scene.nonce + 1)];
      const vote = aVote(nonce, 'bob', { verdict: 'deny' });
      await store.storeVote(vote, voteDigest(vote));
      await execute(`update votes set nonce = '${target}' where nonce = '${nonce}'`);
      await expect(store.votesByNonce(target)).rejects.toMatchObject({ code: 'record-invalid' });
      await execute(`update votes set nonce = '${nonce}', verdict = 'approve' where nonce = '${target}'`);
      await expect(store.votesByNonce(nonce)).rejects.toMatchObject({ code: 'record-invalid' });
      await expect(store.votesByNonces([nonce])).rejects.toMatchObject({ code: 'record-invalid' });
      await expect(store.unsignalledVotes(1000)).rejects.toMatchObject({ code: 'record-invalid' });
      const sound = aVote(target, 'bob', { verdict: 'deny' });
      await store.storeVote(sound, voteDigest(sound));
      const invalid: string[] = [];
      const read = await store.votesByNonces([nonce, target], (changed) => invalid.push(changed));
      expect([...read.keys()]).toEqual([target]);
      const waiting = await store.unsignalledVotes(1000, (digest) => invalid.push(digest));
      expect(waiting.map(({ digest }) => digest)).toContain(voteDigest(sound));
      expect(invalid).toEqual([nonce, voteDigest(vote)]);
      await execute(`delete from votes where nonce in ('${nonce}', '${target}')`);
    });

    it('a fence said to be consumed without a receipt, or with that of another permit, is invalid', async () => {
      const { store, execute } = current();
      const scene = await openRun(store);
      const [callKey, other] = [scene.callKey(1, 0), scene.callKey(1, 1)];
      for (const key of [callKey, other]) {
        await reserve(store, scene, key);
        await start(store, key);
      }
      await execute(`update fences set state = 'consumed' where call_key = '${callKey}'`);
      await expect(store.getFence(callKey, 1)).rejects.toMatchObject({ code: 'record-invalid' });
      await store.consumeFence(consumptionOf(other));
      const { permitDigest } = consumptionOf(other);
      await execute(`update fences set permit_digest = '${permitDigest}' where call_key = '${callKey}'`);
      await expect(store.getFence(callKey, 1)).rejects.toMatchObject({ code: 'record-invalid' });
    });
  });
}
