/**
 * Step 2, the fence: one row for a call and try, reserved before anything starts. A row that is there already has the last
 * word: its recorded outcome, or that we do not know. It never becomes a refusal and never a second execution.
 */
import type { RunToolResult } from '../../core/contracts/activities.ts';
import type { PermitBody } from '../../core/contracts/decision.ts';
import type { SignedReceipt } from '../../core/contracts/receipt.ts';
import type { FenceRow, Reservation, Reserved } from '../../store/store.ts';
import { faultOfRecorded, type RecordedCall, type RecordedReader } from '../check-recorded.ts';
import type { RunToolDependencies } from './dependencies.ts';
import { type NotRun, notRun, outOfReach, unknown } from './refusals.ts';
import type { Permitted } from './verify-permit.ts';

/** Unapproved reads reserve nothing; whatever a person approved does, and so does every effect. */
export function needsFence({ permit, tool }: Permitted): boolean {
  const needsPeople = permit.approval !== null || permit.grant !== undefined;
  return permit.purpose === 'execute' && (needsPeople || tool?.definition.effect !== 'read');
}

/** Undefined when the row is ours. */
export async function reserve(
  dependencies: RunToolDependencies,
  permitted: Permitted,
  reservedAt: number,
): Promise<RunToolResult | undefined> {
  let reserved: Reserved;
  try {
    reserved = await dependencies.store.reserveFence(reservationOf(permitted, reservedAt));
  } catch {
    // The commit may have happened although its answer was lost. Nothing has started: the gate makes the row void.
    return unknown('the store did not say whether the call was reserved');
  }
  switch (reserved.kind) {
    case 'reserved':
      return undefined;
    case 'exists':
      return await answerFromRow(dependencies, reserved.row, permitted.argumentsDigest);
    case 'approval-used':
      return notRun('approval-used');
    case 'too-late':
      return notRun('approval-stale');
    case 'withdrawn':
      return notRun('approval-withdrawn');
    case 'revoked':
      return notRun('grant-ended');
    case 'frozen':
      return notRun('frozen');
  }
}

function reservationOf({ permit, permitDigest, argumentsDigest, tool }: Permitted, now: number): Reservation {
  const { callKey, workflowId, linkRunId, runEpoch, freezeEpoch, approval, grant } = permit;
  return {
    callKey,
    try: permit.try,
    workflowId,
    linkRunId,
    runEpoch,
    tool: permit.tool.name,
    argumentsDigest,
    nonce: approval?.nonce ?? null,
    voteDigests: approval?.voteDigests ?? [],
    ...(grant ? { grant } : {}),
    permitDigest,
    startToCloseMs: tool?.definition.startToCloseMs ?? 0,
    now,
    executeByAt: approval?.executeByAt ?? grant?.executeByAt ?? null,
    freezeEpoch,
  };
}

/** What is known of a call and try whose row is there, whichever link made it. */
export async function answerFromRow(
  dependencies: RecordedReader,
  row: FenceRow,
  argumentsDigest: string,
): Promise<RunToolResult> {
  if (row.argumentsDigest !== argumentsDigest) return notRun('other-row');
  if (row.state !== 'consumed' || !row.receipt || !row.output) {
    return unknown(`an execution of this call and try is ${row.state === 'consumed' ? 'recorded in part' : row.state}`);
  }
  return await recorded(dependencies, row, row.receipt, row.output);
}

/** A stored result: told only if it is what a tools worker signed. */
export async function recorded(
  reader: RecordedReader,
  call: RecordedCall,
  receipt: SignedReceipt,
  output: NonNullable<FenceRow['output']>,
): Promise<RunToolResult> {
  const fault = await faultOfRecorded(reader, call, receipt, output);
  return fault === undefined ? { kind: 'receipt', receipt, output } : unknown(fault);
}

/**
 * Before anything is refused: a genuine execution whose row is there gets the row's answer instead. Where the store does
 * not say, nothing is refused for good.
 */
export async function rowHasLastWord(
  dependencies: RunToolDependencies,
  own: { permit: PermitBody; argumentsDigest: string } | null,
  result: NotRun,
): Promise<RunToolResult> {
  if (own?.permit.purpose !== 'execute') return result;
  try {
    const row = await dependencies.store.getFence(own.permit.callKey, own.permit.try);
    return row?.argumentsDigest === own.argumentsDigest
      ? await answerFromRow(dependencies, row, own.argumentsDigest)
      : result;
  } catch (error) {
    return outOfReach(error) ?? unknown('the store could not be asked for the row of this call');
  }
}
