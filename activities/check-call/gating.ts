/**
 * What every way of deciding a call shares: the facts it decides by, the body of a decision, and the refusals. Nothing here
 * allows.
 */
import type { CheckCallInput, CheckCallResult } from '../../core/contracts/activities.ts';
import type { ReceiptBody, SignedReceipt } from '../../core/contracts/receipt.ts';
import type { Outcome } from '../../core/contracts/approval.ts';
import { shortDigestOf } from '../../core/contracts/call-names.ts';
import type { DecisionBody, RuleHit, TakenEdit } from '../../core/contracts/decision.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import type { Judgement, ParsedCall } from './judge.ts';
import { forWorkflow, positionOf } from './position.ts';
import { decided, noExtras, type OverLimit, signAndRecordRefusal } from './record-decision.ts';
import type { Standing } from './standing.ts';

export interface Gating {
  dependencies: CheckCallDependencies;
  standing: Standing;
  input: CheckCallInput;
  call: ParsedCall;
  judgement: Judgement;
}

export async function denyBy(
  gating: Gating,
  rules: RuleHit[],
  closes: { nonce: string; outcome: Outcome } | null,
  outcome: Outcome | null = null,
  /** That a person edited the call, which ends its request. */
  edit?: TakenEdit,
): Promise<CheckCallResult> {
  const { dependencies, standing, input, call } = gating;
  const body: DecisionBody = {
    ...commonBody(gating, rules),
    verdict: 'deny',
    nonce: closes?.nonce ?? null,
    outcome: closes?.outcome ?? outcome,
    ...(edit ? { edit } : {}),
  };
  const denial =
    closes?.outcome === 'denied'
      ? { tool: input.tool, argumentsDigest: call.argumentsDigest, nonce: closes.nonce }
      : null;
  const extras = { ...noExtras, closes: closes ? { ...closes, at: standing.now } : null, denial };
  const recorded = await signAndRecordRefusal(dependencies, standing, input, body, extras);
  if (recorded.kind !== 'decision') return recorded;
  return decided(recorded.decision, forWorkflow(call.tool, call.canonical));
}

export async function overLimit(gating: Gating, over: OverLimit): Promise<CheckCallResult> {
  if (over.limit === 'counter') {
    const { rule, limit } = over.counter;
    const free = over.freeAt === null ? '' : `; the next one is free at ${new Date(over.freeAt).toISOString()}`;
    return await denyBy(gating, [gateRule(rule, `the limit of ${limit} calls is reached${free}`)], null);
  }
  if (over.limit === 'grant')
    return await denyBy(gating, [gateRule('grant-used-up', 'the grant has no use left')], null);
  const id = over.limit === 'callsPerRun' ? 'limit-calls-per-run' : 'limit-calls-per-turn';
  return await denyBy(
    gating,
    [gateRule(id, `the limit of ${gating.judgement.limits[over.limit]} calls is reached`)],
    null,
  );
}

export function gateRule(id: string, reason: string): RuleHit {
  return { id, effect: 'deny', reason: reason.slice(0, 500) };
}

export function commonBody(gating: Gating, first: RuleHit[]) {
  const { dependencies, standing, input, call, judgement } = gating;
  return {
    ...positionOf(standing, input, dependencies.buildId),
    tool: { name: input.tool, definitionDigest: call.tool.definitionDigest },
    argumentsDigest: call.argumentsDigest,
    labels: judgement.labels,
    rules: [...first, ...judgement.rules],
    findings: judgement.findings,
    risk: judgement.risk,
    activePolicyDigest: judgement.activePolicyDigest,
    ...(judgement.layers ? { layers: judgement.layers } : {}),
    ...(judgement.shadow ? { shadow: judgement.shadow } : {}),
  };
}

/** What was read of the target before anybody was asked: the same must still be there when the effect starts. */
export function targetState(standing: Standing, tryNumber: number, argumentsDigest: string): string | null {
  return readingOf(standing, tryNumber, argumentsDigest)?.targetStateDigest ?? null;
}

/** Of these very arguments: those of an edit may name another target. The signed receipt names them in its activity id. */
export function readingOf(standing: Standing, tryNumber: number, argumentsDigest: string): ReceiptBody | undefined {
  return lastOf(standing.state.targetStates, tryNumber, argumentsDigest);
}

/** What the tool's dry run said of this try with these arguments. */
export function dryRunOf(standing: Standing, tryNumber: number, argumentsDigest: string): ReceiptBody | undefined {
  return lastOf(standing.state.dryRuns, tryNumber, argumentsDigest);
}

function lastOf(
  receipts: readonly SignedReceipt[],
  tryNumber: number,
  argumentsDigest: string,
): ReceiptBody | undefined {
  const ending = `:${shortDigestOf(argumentsDigest)}`;
  return receipts.findLast(({ body }) => body.try === tryNumber && body.activityId.endsWith(ending))?.body;
}
