/**
 * One pass of check-call as the workflow makes it: builds the input from the call's progress, and notes pass, ask and
 * decision from the answer. Only gate.ts and settle-doubt.ts, which is the gate's, use it.
 */
import { ActivityFailure, isCancellation, uuid4 } from '@temporalio/workflow';
import type { CheckCallInput, CheckCallResult } from '../../core/contracts/activities.ts';
import type { Purpose } from '../../core/contracts/ids.ts';
import type { CallProgress } from '../../core/contracts/run.ts';
import { local } from '../activities.ts';
import { siblingsOf, takeAsk } from './siblings.ts';
import { holdRun } from '../hold.ts';
import { NewLinkWanted } from '../new-link.ts';
import { RunRefusedError } from '../run-refused.ts';
import type { RunMemory } from '../run-state.ts';

export interface PassKind {
  purpose: Purpose;
  about: CheckCallInput['about'];
  /** @default false */
  withdraw?: boolean;
}

export type PassResult = Exclude<CheckCallResult, { kind: 'refused' }>;

/** One pass; a hold comes back as it is. @throws {RunRefusedError} @throws {NewLinkWanted} */
export async function checkOnce(run: RunMemory, progress: CallProgress, kind: PassKind): Promise<PassResult> {
  if (run.ending) throw new NewLinkWanted();
  const input = inputOf(run, progress, kind);
  const result = await callGate(run, input, progress);
  if (result.kind === 'refused') throw new RunRefusedError(result);
  if (result.kind === 'decided') {
    progress.pass += 1;
    run.lastDecisions.set(progress, result.decision);
    if (result.decision.body.verdict === 'ask') takeAsk(run, progress, result.decision);
  }
  if (result.kind === 'reconciled') progress.pass += 1;
  if (result.kind === 'still-open' && input.ask?.body.verdict === 'ask')
    run.undecidedAt.set(input.ask.body.ask.nonce, input.votes.length);
  return result;
}

/** Passes until the gate can decide: "not now" waits on a durable timer, unseen by the model and uncounted. */
export async function checkUntilDecided(
  run: RunMemory,
  progress: CallProgress,
  kind: PassKind,
): Promise<Exclude<PassResult, { kind: 'hold' }>> {
  for (let attempt = 0; ; attempt += 1) {
    const result = await checkOnce(run, progress, kind);
    if (result.kind !== 'hold') return result;
    await holdRun(run, result, attempt);
  }
}

async function callGate(run: RunMemory, input: CheckCallInput, progress: CallProgress): Promise<CheckCallResult> {
  run.inFlight += 1;
  run.noteLook(progress);
  try {
    const summary = `gate ${progress.call.name.slice(0, 64)} ${input.turn}.${input.index} (${input.purpose}, pass ${input.pass})`;
    return await local.checkCall(summary, input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // It ran out of time or is not to be had on this worker: nothing was decided that counts.
    const reason = error instanceof ActivityFailure ? 'the gate gave no answer' : 'the gate did not answer in time';
    return { kind: 'hold', code: 'gate-timeout', reason };
  } finally {
    run.inFlight -= 1;
  }
}

function inputOf(run: RunMemory, progress: CallProgress, kind: PassKind): CheckCallInput {
  const body = progress.ask?.body;
  const nonce = body?.verdict === 'ask' ? body.ask.nonce : null;
  const siblings = kind.purpose === 'execute' && kind.about === 'call' ? siblingsOf(run, progress) : [];
  return {
    turn: run.turn,
    index: progress.index,
    try: progress.try,
    pass: progress.pass,
    round: progress.rounds + 1,
    withdraw: false,
    ...kind,
    tool: progress.call.name,
    argumentsText: progress.edited?.arguments ?? progress.call.argumentsText,
    ...(progress.edited ? { edit: progress.edited.decision } : {}),
    nonce: uuid4(),
    workflowTimeAt: Date.now(),
    ask: progress.ask,
    votes: [...run.votes.values()].filter((vote) => vote.body.nonce === nonce),
    previousDecision: run.previousDecision(progress),
    siblings,
  };
}
