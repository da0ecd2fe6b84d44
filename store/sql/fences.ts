/**
 * Fences: reserve → executing → consumed, or void. Each step is a compare-and-set on (call key, try), so that a reset, a
 * second permit or a worker that wakes late meets the row of the first and starts nothing.
 */
import type { Consumption, FenceRow, Reservation, Reserved, Store } from '../store.ts';
import { readFreezeEpoch } from './control.ts';
import { findFence, toFence } from './fence-rows.ts';
import { appendLedger } from './ledger.ts';
import { argumentsMustAgree } from './records.ts';
import { prepared } from './prepared.ts';
import { findReceipt, insertReceipt } from './receipts.ts';
import type { Queries, SqlSession } from './session.ts';
import type { FencesTable } from './tables.ts';
import { voidFence } from './void-fence.ts';
import { ofCall, ofCallUnderControl } from './write-scopes.ts';

type FenceMethods = Pick<Store, 'getFence' | 'reserveFence' | 'startFence' | 'consumeFence' | 'voidFence'>;

export function fenceMethods(session: SqlSession): FenceMethods {
  return {
    getFence: (callKey, tryNumber) => session.read((queries) => findFence(queries, callKey, tryNumber)),
    // A freeze or a withdrawal that is recorded before this commits is seen by it, and refuses.
    reserveFence: (reservation) =>
      session.write((queries) => reserveFence(queries, reservation), {
        ...ofCallUnderControl(reservation.callKey, noncesOf(reservation)),
        // The write that lets the effect start takes this one to the disk with it.
        mayBeLostWithPower: true,
      }),
    startFence: (step) => session.write((queries) => startFence(queries, step), ofCall(step.callKey)),
    consumeFence: (consumption) =>
      session.write((queries) => consumeFence(queries, consumption), ofCall(consumption.callKey)),
    voidFence: (step) => session.write((queries) => voidFence(queries, step), ofCall(step.callKey)),
  };
}

function noncesOf({ nonce, grant }: Reservation): string[] {
  return [nonce ?? [], grant?.nonce ?? []].flat();
}

async function reserveFence(queries: Queries, reservation: Reservation): Promise<Reserved> {
  const { callKey, nonce, now } = reservation;
  // A row that is there always answers first: it alone knows what became of this call and try.
  const row = await findFence(queries, callKey, reservation.try);
  if (row) return { kind: 'exists', row };
  const holder = nonce === null ? null : await findApprovalHolder(queries, nonce, callKey);
  if (holder) return { kind: 'approval-used', row: holder };
  if (reservation.executeByAt !== null && now > reservation.executeByAt) return { kind: 'too-late' };
  if ((await readFreezeEpoch(queries)) !== reservation.freezeEpoch) return { kind: 'frozen' };
  if (nonce !== null && (await isWithdrawn(queries, nonce, reservation.voteDigests ?? [])))
    return { kind: 'withdrawn' };
  const lost = await whyGrantLost(queries, reservation);
  if (lost) return lost;

  await insertRow(queries, {
    call_key: callKey,
    try: reservation.try,
    workflow_id: reservation.workflowId,
    link_run_id: reservation.linkRunId,
    run_epoch: reservation.runEpoch,
    state: 'reserved',
    tool: reservation.tool,
    arguments_digest: reservation.argumentsDigest,
    nonce,
    permit_digest: reservation.permitDigest,
    reserved_at: now,
    start_to_close_ms: reservation.startToCloseMs,
    lease_until_at: null,
    voided_from: null,
    voided_by: null,
    voided_at: null,
  });
  const { workflowId, callKey: _, now: __, voteDigests: ___, grant: ____, ...body } = reservation;
  await appendLedger(queries, { kind: 'intent', workflowId, callKey, body, at: now });
  return { kind: 'reserved' };
}

const insertRow = prepared((queries, row: FencesTable) => queries.insertInto('fences').values(row));

async function findApprovalHolder(queries: Queries, nonce: string, callKey: string): Promise<FenceRow | null> {
  const row = await queries
    .selectFrom('fences')
    .selectAll()
    .where('nonce', '=', nonce)
    .where('call_key', '=', callKey)
    .where('state', '<>', 'void')
    .executeTakeFirst();
  return row ? toFence(queries, row) : null;
}

/** Whether one of the votes that the permit rests on was taken back. */
async function isWithdrawn(queries: Queries, nonce: string, voteDigests: readonly string[]): Promise<boolean> {
  const rows = await queries.selectFrom('withdrawals').select('withdraws').where('nonce', '=', nonce).execute();
  return rows.some(({ withdraws }) => voteDigests.includes(withdraws));
}

/** As the gate saw it, the grant stood: what came in between is looked for here. */
async function whyGrantLost(
  queries: Queries,
  { grant }: Reservation,
): Promise<Extract<Reserved, { kind: 'revoked' | 'withdrawn' }> | undefined> {
  if (!grant) return undefined;
  if (await isWithdrawn(queries, grant.nonce, grant.voteDigests)) return { kind: 'withdrawn' };
  const revocations = await queries
    .selectFrom('control')
    .select('record')
    .where('kind', '=', 'grant-revocation')
    .execute();
  // Signed or not: a writer of the database can take a grant away with such a row, and never give one.
  const isRevoked = revocations.some(({ record }) => record.includes(`"grantId":"${grant.grantId}"`));
  return isRevoked ? { kind: 'revoked' } : undefined;
}

async function startFence(queries: Queries, step: Parameters<Store['startFence']>[0]): ReturnType<Store['startFence']> {
  return (await markExecuting(queries, step)).changed === 1 ? 'started' : 'lost';
}

const markExecuting = prepared((queries, step: Parameters<Store['startFence']>[0]) =>
  queries
    .updateTable('fences')
    .set({ state: 'executing', lease_until_at: step.leaseUntilAt })
    .where('call_key', '=', step.callKey)
    .where('try', '=', step.try)
    .where('permit_digest', '=', step.permitDigest)
    .where('state', '=', 'reserved'),
);

async function consumeFence(queries: Queries, consumption: Consumption): ReturnType<Store['consumeFence']> {
  argumentsMustAgree('receipt', [
    [consumption.callKey, consumption.receipt.body.callKey],
    [consumption.try, consumption.receipt.body.try],
    ['execute', consumption.receipt.body.purpose],
  ]);
  // A receipt that is there already was of another execution of this permit: first one stays.
  if (await findReceipt(queries, consumption.permitDigest)) return 'lost';
  if ((await markConsumed(queries, consumption)).changed !== 1) return 'lost';
  await insertReceipt(queries, consumption);
  return 'consumed';
}

const markConsumed = prepared((queries, one: Pick<Consumption, 'callKey' | 'try' | 'permitDigest'>) =>
  queries
    .updateTable('fences')
    .set({ state: 'consumed' })
    .where('call_key', '=', one.callKey)
    .where('try', '=', one.try)
    .where('permit_digest', '=', one.permitDigest)
    .where('state', '=', 'executing'),
);
