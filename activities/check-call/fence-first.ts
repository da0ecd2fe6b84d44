/**
 * Step 2 of the gate: what the fence rows of this call already say. A row that exists decides before any rule does:
 * consumed is settled, open is in doubt, void needs proof that nothing happened before another try may exist.
 */
import type { CheckCallInput, InDoubt, NextTry, Settled } from '../../core/contracts/activities.ts';
import { faultOfRecorded, isGenuineReceipt } from '../check-recorded.ts';
import { readControl } from '../../store/read-control.ts';
import type { FenceRow } from '../../store/store.ts';
import type { RegisteredTool } from '../../tools/registry.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import { areOneCall, editsOfCall } from './edits.ts';
import type { Standing } from './standing.ts';

export type FenceVerdict =
  | { kind: 'free' }
  | Settled
  | InDoubt
  | NextTry
  /** A person answered that the effect happened: nothing more runs. */
  | { kind: 'happened'; row: FenceRow }
  | { kind: 'unproved-try' };

type Proof = 'not-started' | 'did-not-happen' | 'happened' | 'none';

export async function fenceFirst(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  tool: RegisteredTool | undefined,
  argumentsDigest: string | null,
): Promise<FenceVerdict> {
  const { fences } = standing.state;
  const row = fences.find((fence) => fence.try === input.try);
  if (row) return await judgeRow(dependencies, standing, row, tool, argumentsDigest);
  if (input.try === 1) return { kind: 'free' };
  const before = fences.find((fence) => fence.try === input.try - 1);
  if (!before) return isFurtherRead(dependencies, standing, input, tool) ? { kind: 'free' } : { kind: 'unproved-try' };
  const verdict = await judgeRow(dependencies, standing, before, tool, argumentsDigest);
  return verdict.kind === 'next-try' && verdict.try === input.try ? { kind: 'free' } : verdict;
}

/** A crashed read reserved nothing: it is simply tried again, a bounded number of times. */
function isFurtherRead(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  tool: RegisteredTool | undefined,
): boolean {
  const none = standing.state.fences.length === 0;
  return none && tool?.definition.effect === 'read' && input.try <= dependencies.bounds.readTries;
}

async function judgeRow(
  dependencies: CheckCallDependencies,
  standing: Standing,
  row: FenceRow,
  tool: RegisteredTool | undefined,
  argumentsDigest: string | null,
): Promise<Exclude<FenceVerdict, { kind: 'unproved-try' }>> {
  const same =
    row.argumentsDigest === argumentsDigest || (await isEdited(dependencies, standing, row, argumentsDigest));
  if (!same) await raiseEpoch(dependencies, standing, row);
  const highest = Math.max(...standing.state.fences.map((fence) => fence.try));
  const next: NextTry = { kind: 'next-try', try: highest + 1, mayReuseApproval: same };
  if (row.state === 'consumed') {
    if (!same) return next;
    return await settledBy(dependencies, row);
  }
  if (row.state !== 'void') return inDoubt(dependencies, row);
  // Whether a read happened changes nothing: a void row is enough to read again.
  if (tool?.definition.effect === 'read') return next;
  switch (await proofOf(dependencies, standing, row)) {
    case 'not-started':
    case 'did-not-happen':
      return next;
    case 'happened':
      return same ? { kind: 'happened', row } : next;
    case 'none':
      return inDoubt(dependencies, row);
  }
}

/** What people made of a call is that call: its effect is settled before it may come again, and no people are asked anew for it. */
async function isEdited(
  dependencies: CheckCallDependencies,
  standing: Standing,
  row: FenceRow,
  argumentsDigest: string | null,
): Promise<boolean> {
  return areOneCall(await editsOfCall(dependencies, standing), row.argumentsDigest, argumentsDigest);
}

/** What the model is told of a recorded execution is what a tools worker signed, or nothing. */
async function settledBy(dependencies: CheckCallDependencies, row: FenceRow): Promise<Settled | InDoubt> {
  const { receipt, output } = row;
  if (!receipt || !output || (await faultOfRecorded(dependencies, row, receipt, output)))
    return inDoubt(dependencies, row);
  return { kind: 'settled', try: row.try, receipt, output };
}

/** The engine was rolled back and asks something else under a name that was used: what people approved is void. */
async function raiseEpoch(dependencies: CheckCallDependencies, standing: Standing, row: FenceRow): Promise<void> {
  standing.run.runEpoch = await dependencies.store.raiseRunEpoch({
    workflowId: standing.run.workflowId,
    fromEpoch: row.runEpoch,
    reason: `other-arguments:${row.callKey}:${row.try}`,
    now: standing.now,
  });
}

export function settleAfter(dependencies: CheckCallDependencies, row: FenceRow): number {
  return row.reservedAt + row.startToCloseMs + dependencies.bounds.settleMarginMs;
}

function inDoubt(dependencies: CheckCallDependencies, row: FenceRow): InDoubt {
  return {
    kind: 'in-doubt',
    try: row.try,
    voided: row.state === 'void',
    settleAfterAt: settleAfter(dependencies, row),
  };
}

async function proofOf(dependencies: CheckCallDependencies, standing: Standing, row: FenceRow): Promise<Proof> {
  if (row.voidedBy === 'owner' || row.voidedFrom === 'absent' || row.voidedFrom === 'reserved') return 'not-started';
  const from = settleAfter(dependencies, row);
  const probe = standing.state.probes.findLast(
    (receipt) => receipt.body.try === row.try && isGenuineReceipt(dependencies, receipt),
  );
  if (probe?.body.probe === 'happened') return 'happened';
  if (probe?.body.probe === 'did-not-happen' && probe.body.startedAt >= from) return 'did-not-happen';
  return await answeredBy(dependencies, row, from);
}

async function answeredBy(dependencies: CheckCallDependencies, row: FenceRow, from: number): Promise<Proof> {
  const answers = await readControl(dependencies, ['reconcile-answer']);
  const answer = answers.find((one) => one.callKey === row.callKey && one.try === row.try);
  if (answer?.answer === 'happened') return 'happened';
  return answer && answer.answeredAt >= from ? 'did-not-happen' : 'none';
}
