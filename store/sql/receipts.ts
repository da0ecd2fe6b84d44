/**
 * Receipts by permit digest: the first one stays. A receipt, its labels and its ledger entry are written together, so
 * that a result is never known without the labels that come with it.
 */
import type { Selectable } from 'kysely';
import type { ToolOutput } from '../../core/contracts/activities.ts';
import { parseCallKey } from '../../core/contracts/call-names.ts';
import type { Label } from '../../core/contracts/labels.ts';
import type { SignedReceipt } from '../../core/contracts/receipt.ts';
import type { Store } from '../store.ts';
import { createKnownLabels } from './known-labels.ts';
import { appendLedger } from './ledger.ts';
import { prepared } from './prepared.ts';
import { argumentsMustAgree, readOutput, readReceipt, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { LabelsTable, ReceiptsTable } from './tables.ts';
import { ofCall } from './write-scopes.ts';

export interface ReceiptRecord {
  permitDigest: string;
  receipt: SignedReceipt;
  output: ToolOutput;
  labels: Label[];
  turn: number;
}

export function receiptMethods(
  session: SqlSession,
): Pick<Store, 'recordReceipt' | 'receiptByPermit' | 'untrustedResults'> {
  const known = createKnownLabels();
  return {
    recordReceipt: async (record) => {
      const { labels, turn } = record;
      const { callKey, workflowId, purpose, outcome } = record.receipt.body;
      // The result of something read, in a run that is known to have read such things: asking again would do no harm.
      const wasRead = purpose === 'execute' && outcome !== 'not-started';
      const mayBeLostWithPower = wasRead && known.include(workflowId, labels, turn);
      const recorded = await session.write<Awaited<ReturnType<Store['recordReceipt']>>>(
        async (queries) => {
          const first = await findReceipt(queries, record.permitDigest);
          if (first) return { kind: 'exists', ...first };
          await insertReceipt(queries, record);
          return { kind: 'recorded' };
        },
        { ...ofCall(callKey), mayBeLostWithPower },
      );
      if (!mayBeLostWithPower && recorded.kind === 'recorded') known.note(workflowId, labels, turn);
      return recorded;
    },
    untrustedResults: (query) =>
      session.read(async (queries) => {
        const { rows } = await untrustedOfRun(queries, query);
        return rows.map((row) => ({
          permitDigest: row.permit_digest,
          callKey: row.call_key,
          text: readOutput(row.output).text,
        }));
      }),
    receiptByPermit: (permitDigest) => session.read((queries) => findReceipt(queries, permitDigest)),
  };
}

export async function findReceipt(
  queries: Queries,
  permitDigest: string,
): Promise<{ receipt: SignedReceipt; output: ToolOutput } | null> {
  const [row] = (await receiptOfPermit(queries, { permitDigest })).rows;
  return row ? toReceipt(row) : null;
}

const receiptOfPermit = prepared((queries, { permitDigest }: { permitDigest: string }) =>
  queries.selectFrom('receipts').selectAll().where('permit_digest', '=', permitDigest),
);

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
  const [last] = (await lastOrdinal(queries, { callKey })).rows;
  await insertRow(queries, {
    permit_digest: permitDigest,
    workflow_id: workflowId,
    call_key: callKey,
    try: receipt.body.try,
    purpose,
    turn,
    ordinal: Number(last?.ordinal ?? 0) + 1,
    receipt: toText(receipt),
    output: toText(output),
  });
  for (const label of new Set(labels))
    await insertLabel(queries, { permit_digest: permitDigest, label, workflow_id: workflowId, turn });
  const body = { permitDigest, receipt, labels };
  await appendLedger(queries, { kind: 'receipt', workflowId, callKey, body, at: receipt.body.endedAt });
}

const lastOrdinal = prepared((queries, { callKey }: { callKey: string }) =>
  queries
    .selectFrom('receipts')
    .select((column) => column.fn.max('ordinal').as('ordinal'))
    .where('call_key', '=', callKey),
);

const untrustedOfRun = prepared((queries, query: Parameters<Store['untrustedResults']>[0]) =>
  queries
    .selectFrom('labels')
    .innerJoin('receipts', 'receipts.permit_digest', 'labels.permit_digest')
    .select(['receipts.permit_digest', 'receipts.call_key', 'receipts.output'])
    .where('labels.workflow_id', '=', query.workflowId)
    .where('labels.label', '=', 'untrusted')
    .where('labels.turn', '>=', query.fromTurn)
    .where('labels.turn', '<>', query.otherThanTurn)
    .orderBy('labels.turn')
    .orderBy('labels.permit_digest'),
);

const insertRow = prepared((queries, row: ReceiptsTable) => queries.insertInto('receipts').values(row));

const insertLabel = prepared((queries, row: LabelsTable) => queries.insertInto('labels').values(row));
