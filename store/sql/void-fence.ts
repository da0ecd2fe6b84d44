/**
 * Turning a fence row void, also one that is absent (a tombstone): a worker that wakes late then fails its
 * compare-and-set. What was consumed happened, and stays.
 */
import type { VoidStep } from '../reservation.ts';
import type { FenceRow, Store } from '../store.ts';
import { findFence } from './fence-rows.ts';
import { invalid } from './records.ts';
import type { Queries } from './session.ts';

export async function voidFence(queries: Queries, step: VoidStep): ReturnType<Store['voidFence']> {
  const row = await findFence(queries, step.callKey, step.try);
  if (!row) {
    await insertTombstone(queries, step);
    return { kind: 'voided', row: await mustFind(queries, step) };
  }
  if (row.state === 'consumed') return { kind: 'consumed', row };
  if (row.state === 'void') return { kind: 'already-void', row };
  // Only the owner's own word proves that nothing was started; somebody else's permit does not make an owner.
  if (step.by === 'owner' && row.permitDigest !== step.permitDigest) return { kind: 'lost', row };
  const changed = await queries
    .updateTable('fences')
    .set({ state: 'void', voided_from: row.state, voided_by: step.by, voided_at: step.now })
    .where('call_key', '=', step.callKey)
    .where('try', '=', step.try)
    .where('state', '=', row.state)
    .executeTakeFirst();
  const after = await mustFind(queries, step);
  return changed.numUpdatedRows === 1n ? { kind: 'voided', row: after } : { kind: 'lost', row: after };
}

async function insertTombstone(queries: Queries, step: VoidStep): Promise<void> {
  await queries
    .insertInto('fences')
    .values({
      call_key: step.callKey,
      try: step.try,
      workflow_id: step.workflowId,
      link_run_id: step.linkRunId,
      run_epoch: step.runEpoch,
      state: 'void',
      tool: step.tool,
      arguments_digest: step.argumentsDigest,
      nonce: null,
      permit_digest: step.permitDigest,
      reserved_at: step.now,
      start_to_close_ms: 0,
      lease_until_at: null,
      voided_from: 'absent',
      voided_by: step.by,
      voided_at: step.now,
    })
    .execute();
}

async function mustFind(queries: Queries, step: VoidStep): Promise<FenceRow> {
  const row = await findFence(queries, step.callKey, step.try);
  if (!row) throw invalid('fence', 'it is gone within its own transaction');
  return row;
}
