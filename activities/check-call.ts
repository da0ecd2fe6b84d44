/**
 * The gate's decider (contracts.md §3): the only producer of permits, and only as a local activity of a run with a claimed
 * ticket. It believes nothing that the workflow says; what is unsure is refused, and what is out of reach holds.
 */
import type { CheckCallInput, CheckCallResult, RunRefused } from '../core/contracts/activities.ts';
import type { SignedVote } from '../core/contracts/approval.ts';
import type { SignedDecision } from '../core/contracts/decision.ts';
import { CountersignError } from '../core/errors.ts';
import { decideAsk, decideFresh } from './check-call/decide.ts';
import { deny } from './check-call/deny.ts';
import type { CheckCallDependencies } from './check-call/dependencies.ts';
import { fenceFirst } from './check-call/fence-first.ts';
import { editedText } from './check-call/edits.ts';
import { type Gating, targetState } from './check-call/gating.ts';
import { gateRefusal, type GateRefusal, judgeCall, type ParsedCall, refusedByGuards } from './check-call/judge.ts';
import { decideReconcile, decideSettling, happened, reconcileJudgement, withdraw } from './check-call/settle.ts';
import { decided } from './check-call/record-decision.ts';
import { forWorkflow } from './check-call/position.ts';
import { readStanding, type Standing } from './check-call/standing.ts';
import { openOwnAsk } from './check-call/weigh-votes.ts';
import { faultText } from './fault-text.ts';
import { holdOf } from './hold-on-fault.ts';
import { readRefusedTurn } from './refused-turn.ts';
import { readLocalCaller } from './local-activity.ts';

export function createCheckCall(
  dependencies: CheckCallDependencies,
): (input: CheckCallInput) => Promise<CheckCallResult> {
  return async (input) => {
    const called = (dependencies.readCaller ?? readLocalCaller)();
    if (called.kind === 'not-local') {
      return {
        kind: 'refused',
        code: 'run-refused',
        reason: `Cannot gate a call: ${called.reason}, expected the run's own gate`,
      };
    }
    let standing: Standing | undefined;
    try {
      const stood = await readStanding(dependencies, called.caller, input);
      if (stood.kind !== 'standing') return stood;
      standing = stood;
      return await checkCall(dependencies, stood, input);
    } catch (error) {
      const hold = holdOf(error);
      if (hold) return hold;
      if (!standing) return refusedWithoutStanding(error);
      return await denyFault(dependencies, standing, input, error);
    }
  };
}

async function checkCall(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
): Promise<CheckCallResult> {
  const tool = dependencies.tools.get(input.tool);
  const parsed = tool?.parseArguments(input.argumentsText);
  const argumentsDigest = parsed?.kind === 'value' ? parsed.digest : null;
  if (input.purpose === 'execute' && input.about === 'call' && !input.withdraw) {
    const fence = await fenceFirst(dependencies, standing, input, tool, argumentsDigest);
    if (fence.kind === 'happened') return await happened(dependencies, standing, input, fence.row, argumentsDigest);
    if (fence.kind === 'unproved-try') {
      return await deny(
        dependencies,
        standing,
        input,
        gateRefusal('unproved-try', 'nothing proves that the try before did not happen'),
        null,
        null,
      );
    }
    if (fence.kind !== 'free') return fence;
  }
  const { stored } = standing;
  if (stored && stored.body.tool.name === input.tool && stored.body.argumentsDigest === argumentsDigest) {
    const forSchedule = parsed?.kind === 'value' && tool ? forWorkflow(tool, parsed.canonical) : null;
    const again = decided(stored, forSchedule, await votesBehind(dependencies, stored));
    return { ...again, ...(await editedText(dependencies, stored)) };
  }
  if (!tool) return await deny(dependencies, standing, input, withoutTool(dependencies, input), null, null);
  if (parsed?.kind !== 'value') {
    const findings = await dependencies.checkArguments(input.argumentsText);
    const refusal = refusedByGuards(findings);
    if (refusal) return await deny(dependencies, standing, input, refusal, tool, null);
    const reason = `the arguments do not fit the tool: ${(parsed?.problems ?? []).join('; ')}`.slice(0, 500);
    return await deny(dependencies, standing, input, gateRefusal('arguments-invalid', reason), tool, null);
  }
  if (!isObject(parsed.value)) {
    return await deny(
      dependencies,
      standing,
      input,
      gateRefusal('arguments-invalid', 'the arguments are not an object'),
      tool,
      null,
    );
  }
  const call: ParsedCall = { tool, canonical: parsed.canonical, value: parsed.value, argumentsDigest: parsed.digest };
  if (input.purpose === 'void' || input.purpose === 'probe')
    return await decideSettling(dependencies, standing, input, call);
  return await gate(dependencies, standing, input, call);
}

async function gate(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  call: ParsedCall,
): Promise<CheckCallResult> {
  const own = input.ask ? await openOwnAsk(dependencies, standing, input, call) : undefined;
  if (input.withdraw) return own ? await withdraw(dependencies, standing, input, call, own) : nothingOpen;
  const judged = await judgeCall(dependencies, standing, input, call, own?.body.ask.nonce ?? null);
  if (input.about === 'reconcile') {
    const judgement = judged.kind === 'judgement' ? judged : await reconcileJudgement(dependencies, standing);
    return await decideReconcile({ dependencies, standing, input, call, judgement }, own);
  }
  if (judged.kind === 'hold') return judged;
  if (judged.kind === 'gate-refusal') return await deny(dependencies, standing, input, judged, call.tool, call);
  const gating: Gating = { dependencies, standing, input, call, judgement: judged };
  if (lacksTargetState(gating)) return { kind: 'needs-target-state' };
  return own ? await decideAsk(gating, own) : await decideFresh(gating);
}

const nothingOpen: CheckCallResult = { kind: 'still-open', notCounted: [] };

/** The votes a stored permit rests on, for a tool that demands to see them. */
async function votesBehind(dependencies: CheckCallDependencies, stored: SignedDecision): Promise<SignedVote[]> {
  const { body } = stored;
  if (body.verdict !== 'allow' || !body.approval) return [];
  const { nonce, voteDigests } = body.approval;
  const votes = await dependencies.store.votesByNonce(nonce);
  return votes.filter((row) => voteDigests.includes(row.digest)).map((row) => row.vote);
}

/** A target is read before anybody is asked, so that the card shows it and a change of it is found. */
function lacksTargetState({ standing, input, call, judgement }: Gating): boolean {
  if (input.purpose !== 'execute' || judgement.verdict === 'deny' || !call.tool.definition.hasTargetState) return false;
  // A reading that failed is none: without a state there is nothing that the effect is held to.
  return targetState(standing, input.try, call.argumentsDigest) === null;
}

/** Of a turn that a guard refused, this decision is the signed record; of any other name it says which there are. */
function withoutTool(dependencies: CheckCallDependencies, input: CheckCallInput): GateRefusal {
  const refusal = readRefusedTurn(input.tool, input.argumentsText);
  if (refusal) return gateRefusal('guard-refused', refusal.reason, [refusal.finding]);
  const known = dependencies.tools.list().map((tool) => tool.definition.name);
  return gateRefusal('unknown-tool', `there is no such tool; there are: ${known.join(', ')}`.slice(0, 500));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function denyFault(
  dependencies: CheckCallDependencies,
  standing: Standing,
  input: CheckCallInput,
  error: unknown,
): Promise<CheckCallResult> {
  try {
    return await deny(
      dependencies,
      standing,
      input,
      gateRefusal('gate-fault', faultText('the gate', error)),
      null,
      null,
    );
  } catch (second) {
    return holdOf(second) ?? { kind: 'refused', code: 'internal-fault', reason: faultText('the gate', second) };
  }
}

/** Nothing can be signed for a run that is not known: the run ends. */
function refusedWithoutStanding(error: unknown): RunRefused {
  if (error instanceof CountersignError) return { kind: 'refused', code: error.code, reason: error.message };
  return { kind: 'refused', code: 'internal-fault', reason: faultText('the gate', error) };
}
