/**
 * Step 4: the signed receipt, committed before anything is returned. A result whose receipt is not in the store is not a
 * result: the caller is told that we do not know, and the row says the rest.
 */
import type { RunToolResult, ToolOutput } from '../../core/contracts/activities.ts';
import { parseCallKey } from '../../core/contracts/call-names.ts';
import type { ReceiptBody, SignedReceipt } from '../../core/contracts/receipt.ts';
import { digestText } from '../../core/digest.ts';
import { sealEnvelope } from '../../core/envelope.ts';
import { mostSpareMs } from '../../guards/index.ts';
import type { ActivityFacts } from './activity-facts.ts';
import type { RunToolDependencies } from './dependencies.ts';
import type { Performed } from './perform.ts';
import { type NotRun, unknown } from './refusals.ts';
import { answerFromRow, recorded } from './reserve.ts';
import { shapeOutput } from './shape-output.ts';
import type { Permitted } from './verify-permit.ts';

/** An execution whose tool has said what came of it. */
interface Ended {
  performed: Performed;
  startedAt: number;
  /** What the tool left of its own time. */
  spareMs: number;
}

type Said = Pick<ReceiptBody, 'outcome' | 'outputDigest' | 'labels' | 'startedAt'> &
  Partial<Pick<ReceiptBody, 'probe' | 'voidedFrom' | 'targetStateDigest' | 'findings' | 'withheldBy'>>;

/** Of an execution that holds a row: receipt, labels and result in the row's own transaction. */
export async function consume(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  permitted: Permitted,
  { performed, startedAt, spareMs }: Ended,
): Promise<RunToolResult> {
  const { permit, permitDigest, argumentsDigest } = permitted;
  const { output, outputDigest, said } = await shapeOutput(
    dependencies,
    performed.text,
    guardsOf(dependencies, permitted, spareMs),
  );
  const part = { ...receiptPart(performed), ...said, outputDigest, startedAt };
  const receipt = sealReceipt(dependencies, facts, permitted, part);
  const { callKey } = permit;
  try {
    const consumption = {
      callKey,
      try: permit.try,
      permitDigest,
      receipt,
      output,
      labels: performed.labels,
      turn: turnOf(permitted),
    };
    if ((await dependencies.store.consumeFence(consumption)) === 'consumed')
      return { kind: 'receipt', receipt, output };
    return unknown('the row was taken away before the result was recorded');
  } catch {
    // The commit may have landed although its answer was lost: only the row can tell.
    const row = await dependencies.store.getFence(callKey, permit.try);
    return row?.state === 'consumed' && row.permitDigest === permitDigest
      ? await answerFromRow(dependencies, row, argumentsDigest)
      : unknown('the result could not be recorded');
  }
}

/** Of an execution that holds no row: keyed by its permit, the first one stays. */
export async function record(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  permitted: Permitted,
  { performed, startedAt, spareMs }: Ended,
): Promise<RunToolResult> {
  const { output, outputDigest, said } = await shapeOutput(
    dependencies,
    performed.text,
    guardsOf(dependencies, permitted, spareMs),
  );
  const part = { ...receiptPart(performed), ...said, outputDigest, startedAt };
  const receipt = sealReceipt(dependencies, facts, permitted, part);
  return await recordReceipt(dependencies, permitted, receipt, output);
}

/** The owner gives up its row before anything started; the receipt says so, and its text why. */
export async function abandon(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  permitted: Permitted,
  why: NotRun,
): Promise<RunToolResult> {
  try {
    const voided = await voidRow(dependencies, permitted, 'owner');
    if (voided.kind === 'already-void') return why;
    if (voided.kind !== 'voided') return unknown('the row could not be given up');
    const output = { text: why.reason, truncated: false, bodyDigest: null };
    const receipt = sealReceipt(dependencies, facts, permitted, {
      outcome: 'not-started',
      outputDigest: digestText('body', output.text),
      labels: [],
      startedAt: dependencies.clock.now(),
      voidedFrom: voided.row.voidedFrom,
    });
    return await recordReceipt(dependencies, permitted, receipt, output);
  } catch {
    return unknown('the row could not be given up');
  }
}

/** Purpose `void`: from here on a worker that wakes late fails its compare-and-set. A consumed row gives its record. */
export async function settleVoid(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  permitted: Permitted,
): Promise<RunToolResult> {
  const startedAt = dependencies.clock.now();
  const voided = await voidRow(dependencies, permitted, 'gate');
  if (voided.kind === 'consumed') return await answerFromRow(dependencies, voided.row, permitted.argumentsDigest);
  if (voided.kind === 'lost') return unknown('the row could not be made void');
  const { voidedFrom, voidedBy } = voided.row;
  const neverStarted = voidedFrom !== 'executing' || voidedBy === 'owner';
  const text = `The row is void; it was ${voidedFrom ?? 'absent'} before`;
  const receipt = sealReceipt(dependencies, facts, permitted, {
    outcome: neverStarted ? 'not-started' : 'unknown',
    outputDigest: digestText('body', text),
    labels: [],
    startedAt,
    voidedFrom,
  });
  return await recordReceipt(dependencies, permitted, receipt, { text, truncated: false, bodyDigest: null });
}

function voidRow(
  { store, clock }: RunToolDependencies,
  { permit, permitDigest, argumentsDigest }: Permitted,
  by: 'owner' | 'gate',
) {
  const { callKey, workflowId, linkRunId, runEpoch } = permit;
  const position = { callKey, try: permit.try, workflowId, linkRunId, runEpoch, tool: permit.tool.name };
  return store.voidFence({ ...position, argumentsDigest, permitDigest, by, now: clock.now() });
}

async function recordReceipt(
  dependencies: RunToolDependencies,
  permitted: Permitted,
  receipt: SignedReceipt,
  output: ToolOutput,
): Promise<RunToolResult> {
  const { permitDigest } = permitted;
  const { labels } = receipt.body;
  const stored = await dependencies.store.recordReceipt({
    permitDigest,
    receipt,
    output,
    labels,
    turn: turnOf(permitted),
  });
  if (stored.kind === 'exists') return await recorded(dependencies, permitted.permit, stored.receipt, stored.output);
  return { kind: 'receipt', receipt, output };
}

function sealReceipt(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  permitted: Permitted,
  said: Said,
): SignedReceipt {
  const { permit, permitDigest } = permitted;
  const endedAt = dependencies.clock.now();
  const body: ReceiptBody = {
    callKey: permit.callKey,
    try: permit.try,
    purpose: permit.purpose,
    workflowId: permit.workflowId,
    linkRunId: facts.linkRunId,
    activityId: facts.activityId,
    attempt: facts.attempt,
    permitDigest,
    endedAt,
    probe: null,
    voidedFrom: null,
    targetStateDigest: null,
    ...said,
  };
  return sealEnvelope(dependencies.signer, 'receipt', dependencies.audience, body, { issuedAt: endedAt });
}

/** Only of what a tool said when it ran, or says to approvers: the rest are our own words about a probe or a dry run. */
export function guardsOf({ checkResult }: RunToolDependencies, { permit, tool, value }: Permitted, spareMs: number) {
  const ran = permit.purpose === 'execute' || permit.dryRunRead === true;
  const speaks = permit.purpose === 'target-state' || permit.dryRunTool === true;
  if (!tool || !(ran || speaks)) return undefined;
  const args = isRecord(value) ? value : {};
  return async (text: string) =>
    await checkResult(text, { definition: tool.definition, args }, permit, Math.min(spareMs, mostSpareMs));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function receiptPart({
  outcome,
  labels,
  probe,
  targetStateDigest,
}: Performed): Omit<Said, 'outputDigest' | 'startedAt'> {
  return { outcome, labels, probe, targetStateDigest };
}

function turnOf({ permit }: Permitted): number {
  return parseCallKey(permit.callKey).turn;
}
