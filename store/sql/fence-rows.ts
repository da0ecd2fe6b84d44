/** Reading fence rows. A consumed row always has its receipt: they are written together. */
import type { Selectable } from 'kysely';
import type { FenceRow } from '../store.ts';
import { prepared } from './prepared.ts';
import { invalid, rowMustAgree } from './records.ts';
import { findReceipt } from './receipts.ts';
import type { Queries } from './session.ts';
import type { FencesTable } from './tables.ts';

export async function findFence(queries: Queries, callKey: string, tryNumber: number): Promise<FenceRow | null> {
  const [row] = (await fenceOf(queries, { callKey, tryNumber })).rows;
  return row ? toFence(queries, row) : null;
}

const fenceOf = prepared((queries, one: { callKey: string; tryNumber: number }) =>
  queries.selectFrom('fences').selectAll().where('call_key', '=', one.callKey).where('try', '=', one.tryNumber),
);

export async function toFence(queries: Queries, row: Selectable<FencesTable>): Promise<FenceRow> {
  const done = row.state === 'consumed' ? await findReceipt(queries, row.permit_digest) : null;
  if (row.state === 'consumed' && !done) throw invalid('fence', 'it is consumed and has no receipt');
  if (done) {
    const { callKey, try: tryNumber, purpose } = done.receipt.body;
    rowMustAgree('fence', [
      [row.call_key, callKey],
      [row.try, tryNumber],
      ['execute', purpose],
    ]);
  }
  return {
    callKey: row.call_key,
    try: row.try,
    workflowId: row.workflow_id,
    linkRunId: row.link_run_id,
    runEpoch: row.run_epoch,
    state: row.state,
    tool: row.tool,
    argumentsDigest: row.arguments_digest,
    nonce: row.nonce,
    permitDigest: row.permit_digest,
    reservedAt: row.reserved_at,
    startToCloseMs: row.start_to_close_ms,
    voidedFrom: row.voided_from,
    voidedBy: row.voided_by,
    receipt: done?.receipt ?? null,
    output: done?.output ?? null,
  };
}
