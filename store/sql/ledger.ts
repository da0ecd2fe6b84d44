/**
 * The ledger's first entries, written in the transaction of what they record. Append only: the tables' triggers refuse
 * updates and deletions, this file has neither.
 */
import type { LedgerEntry, Store } from '../store.ts';
import { nextNumber } from './counters.ts';
import { prepared } from './prepared.ts';
import { readJson, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { LedgerTable } from './tables.ts';

export async function appendLedger(queries: Queries, entry: Omit<LedgerEntry, 'sequence'>): Promise<void> {
  await insertRow(queries, {
    sequence: await nextNumber(queries, 'ledger'),
    kind: entry.kind,
    workflow_id: entry.workflowId,
    call_key: entry.callKey,
    body: toText(entry.body),
    at: entry.at,
  });
}

const insertRow = prepared((queries, row: LedgerTable) => queries.insertInto('ledger').values(row));

export function ledgerMethods(session: SqlSession): Pick<Store, 'listLedger'> {
  return {
    listLedger: ({ workflowId, after, limit }) =>
      session.read(async (queries) => {
        let query = queries.selectFrom('ledger').selectAll().orderBy('sequence').limit(limit);
        if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId);
        if (after !== undefined) query = query.where('sequence', '>', after);
        const rows = await query.execute();
        return rows.map((row) => ({
          sequence: row.sequence,
          kind: row.kind,
          workflowId: row.workflow_id,
          callKey: row.call_key,
          body: readJson(`ledger entry ${row.sequence}`, row.body),
          at: row.at,
        }));
      }),
  };
}
