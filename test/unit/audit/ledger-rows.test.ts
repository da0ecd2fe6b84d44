/** Rows of the ledger that somebody changed in the database while nothing ran: a replay says which, an export signs none. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { Checks } from '../../../audit/checks.ts';
import { gatherParts } from '../../../audit/export/export-parts.ts';
import { openLedger } from '../../../audit/ledger-entries.ts';
import { openSqliteStore } from '../../../store/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../store/store.ts';
import { linkOf, workflowIdOf } from '../../support/signed-objects.ts';
import { temporaryFolder } from '../cli/run-cli.ts';

interface Row {
  kind: string;
  callKey: string | null;
  body: string;
}

const workflowId = workflowIdOf(1);
const whole: Row = {
  kind: 'run-closed',
  callKey: null,
  body: JSON.stringify({ linkRunId: linkOf(1), outcome: 'completed' }),
};

test.each([
  ['kind', { kind: 'run-closedx' }, 'the ledger’s row 7 is of a kind that there is not'],
  ['kind that every object knows', { kind: 'constructor' }, 'the ledger’s row 7 is of a kind that there is not'],
  ['body', { body: '{"outcome":7}' }, 'the ledger’s row 7 (run-closed) has another shape'],
])('a replay names the row whose %s was changed, and reads on', async (_name, change, reason) => {
  const store = await storeWith({ ...whole, ...change });
  const checks = new Checks();
  const opened = await openLedger(workflowId, store, { checks } as never);
  const problems = checks.list().flatMap((check) => check.problems.map((problem) => `${check.id}: ${problem.reason}`));
  expect(problems).toEqual([`store-ledger: ${reason}`]);
  expect(opened.map(({ kind }) => kind)).toEqual(['run-closed']);
});

test.each([
  ['kind', { kind: 'run-closedx' }],
  ['call', { callKey: 'somewhere else' }],
])('an export refuses the row whose %s was changed, and names it', async (_name, change) => {
  await expect(exported(await storeWith({ ...whole, ...change }))).rejects.toMatchObject({
    code: 'record-invalid',
    message: expect.stringContaining('row 7 of its ledger') as unknown,
  });
});

test('an export of rows that nobody changed has them all', async () => {
  expect(await exported(await storeWith(whole))).toEqual([7, 8]);
});

/** A row as given, and one behind it that is as it was written. */
async function storeWith(row: Row): Promise<Store> {
  const file = join(await temporaryFolder(), 'countersign.db');
  const store = await openSqliteStore({ file });
  onTestFinished(() => store.close());
  const database = new Database(file);
  const insert = database.prepare(
    'insert into ledger (sequence, kind, workflow_id, call_key, body, at) values (?, ?, ?, ?, ?, 1)',
  );
  for (const [sequence, one] of [[7, row] as const, [8, whole] as const]) {
    insert.run(sequence, one.kind, workflowId, one.callKey, one.body);
  }
  database.close();
  return store;
}

async function exported(store: Store): Promise<number[]> {
  const source = { walk: async function* () {}, link: () => Promise.resolve(null) };
  const registry = { keyByKid: () => undefined };
  const sequences: number[] = [];
  const { parts } = gatherParts({ workflowId, source, store, registry, signerKid: 'none' } as never);
  for await (const part of parts) if (part.part === 'ledger') sequences.push(part.sequence);
  return sequences;
}
