/**
 * Receipts by permit digest: the first one stays. A receipt, its labels and its ledger entry are written together, so
 * that a result is never known without the labels that come with it.
 */
import type { Selectable } from 'kysely';
import type { ToolOutput } from '../../core/contracts/activities.ts';
import { parseCallKey } from '../../core/contracts/ids.ts';
import type { Label } from '../../core/contracts/labels.ts';
import type { SignedReceipt } from '../../core/contracts/receipt.ts';
import type { Store } from '../store.ts';
import { appendLedger } from './ledger.ts';
import { argumentsMustAgree, readOutput, readReceipt, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { ReceiptsTable } from './tables.ts';
import { ofCall } from './write-scopes.ts';

export interface ReceiptRecord {
  permitDigest: string;
  receipt: SignedReceipt;
  output: ToolOutput;
  labels: Label[];
  turn: number;
}

export function receiptMethods(session: SqlSession): Pick<Store, 'recordReceipt' | 'receiptByPermit'> {
  return {
    recordReceipt: (record) =>
      session.write(async (queries) => {
        const first = await findReceipt(queries, record.permitDigest);
        if (first) return { kind: 'exists', ...first };
        await insertReceipt(queries, record);
        return { kind: 'recorded' };
      }, ofCall(record.receipt.body.callKey)),
    receiptByPermit: (permitDigest) => session.read((queries) => findReceipt(queries, permitDigest)),
  };
}

export async function findReceipt(
  queries: Queries,
  permitDigest: string,
): Promise<{ receipt: SignedReceipt; output: ToolOutput } | null> {
  const row = await queries
    .selectFrom('receipts')
    .selectAll()
    .where('permit_digest', '=', permitDigest)
    .executeTakeFirst();
  return row ? toReceipt(row) : null;
}

export function toReceipt(row: Selectable<ReceiptsTable>): { receipt: SignedReceipt; output: ToolOutput } {
  const receipt = readReceipt(row.receipt);
  rowMustAgree('receipt', [
    [row.permit_digest, receipt.body.permitDigest],
    [row.workflow_id, receipt.body.workflowId],
    [row.call_key, receipt.body.callKey],
    [row.try, receipt.body.try],
    [row.purpose, receipt.body.purpose],
  ]);
  return { receipt, output: readOutput(row.output) };
}

/** Receipt, labels and ledger entry; the caller's transaction has made sure that the permit has no receipt yet. */
export async function insertReceipt(queries: Queries, record: ReceiptRecord): Promise<void> {
  const { permitDigest, receipt, output, labels, turn } = record;
  const { workflowId, callKey, purpose } = receipt.body;
  const position = parseCallKey(callKey);
  argumentsMustAgree('receipt', [
    [permitDigest, receipt.body.permitDigest],
    [turn, position.turn],
    [workflowId, position.workflowId],
  ]);
  const last = await queries
    .selectFrom('receipts')
    .select((column) => column.fn.max('ordinal').as('ordinal'))
    .where('call_key', '=', callKey)
    .executeTakeFirst();
  await queries
    .insertInto('receipts')
    .values({
      permit_digest: permitDigest,
      workflow_id: workflowId,
      call_key: callKey,
      try: receipt.body.try,
      purpose,
      turn,
      ordinal: Number(last?.ordinal ?? 0) + 1,
      receipt: toText(receipt),
      output: toText(output),
    })
    .execute();
  for (const label of new Set(labels)) {
    await queries
      .insertInto('labels')
      .values({ permit_digest: permitDigest, label, workflow_id: workflowId, turn })
      .execute();
  }
  const body = { permitDigest, receipt, labels };
  await appendLedger(queries, { kind: 'receipt', workflowId, callKey, body, at: receipt.body.endedAt });
}
