/**
 * The gate: the only road from a call to its effect. It carries each call through its passes; every verdict is
 * check-call's. Calls of a turn are gated in index order; allowed reads then run at once, everything else one after the
 * other, gated again just before it is scheduled.
 */
import { CancelledFailure } from '@temporalio/workflow';
import type { Decided } from '../core/contracts/activities.ts';
import { mostCallsPerTurn } from '../core/contracts/call-names.ts';
import type { CallProgress } from '../core/contracts/run.ts';
import type { Remote } from './activities.ts';
import { awaitApproval } from './await-approval.ts';
import { leaveForItsTurn, othersToGate } from './due-asks.ts';
import { decisionRefusal, executedResult, refusedResult, unknownResult } from './gate/call-result.ts';
import { checkOnce, type PassKind, type PassResult } from './gate/check.ts';
import { type Execution, executeCall } from './gate/execute-call.ts';
import { dropAsk } from './gate/siblings.ts';
import { nextTry } from './gate/next-try.ts';
import { editsOf, takeEdit } from './gate/take-edit.ts';
import { holdRun } from './hold.ts';
import { NewLinkWanted } from './new-link.ts';
import { notifyApprovers } from './notify.ts';
import { remindOfDue } from './reminders.ts';
import type { RunMemory } from './run-state.ts';
import { noteOutcome, seemsOver } from './vote-inbox.ts';
import { settleDoubt } from './gate/settle-doubt.ts';

/** Passes of one call that did not start, tries of an unapproved read, and asks of one call, before it is given up. */
const mostNotStarted = 20;
const readTries = 3;
const mostRounds = 3;

interface Driven {
  progress: CallProgress;
  holds: number;
  notStarted: number;
}

/** Brings every call of the turn to its result. @throws {NewLinkWanted} with the progress kept in `run.calls`. */
export async function gateCalls(run: RunMemory, remote: Remote): Promise<void> {
  refuseSurplus(run);
  const open = run.calls.filter((progress) => !progress.result);
  const first = new Map<CallProgress, PassResult>();
  for (const progress of open) {
    if (!progress.ask && !progress.doubt) first.set(progress, await checkOnce(run, progress, passKind(run)));
  }
  const reads = open.filter((progress) => isAllowedRead(first.get(progress)));
  const rest = open.filter((progress) => !reads.includes(progress));
  const running = reads.map((progress) => drive(run, remote, progress, first.get(progress)));
  try {
    for (const progress of rest) if (first.has(progress) && progress.ask) notifyApprovers(run, remote, progress.ask);
    for (const [place, progress] of rest.entries()) {
      // A permit that had to queue is not used: the call is gated again in the task that schedules it.
      const queued = place > 0 && isAllowed(first.get(progress));
      if (run.stopped !== null) break;
      await drive(run, remote, progress, queued ? undefined : first.get(progress));
    }
  } finally {
    if (running.length > 0) await Promise.allSettled(running);
  }
  for (const one of running) await one;
}

/** At a run's bad end: requests that nobody answered are closed. One attempt, because the run does not wait for it. */
export async function withdrawAsks(run: RunMemory): Promise<void> {
  for (const progress of run.calls) {
    const body = progress.ask?.body;
    if (progress.result || progress.doubt || body?.verdict !== 'ask') continue;
    const kind = { purpose: 'execute', about: body.ask.kind, withdraw: true } as const;
    await checkOnce(run, progress, kind).catch(() => undefined);
  }
}

/** At a run's bad end: what is in doubt is made void, so that nothing that wakes late can still start it. */
export async function voidDoubts(run: RunMemory, remote: Remote): Promise<void> {
  for (const progress of run.calls)
    if (progress.doubt?.step === 'void') await settleDoubt(run, remote, progress, waitForVotes);
}

/** Only a forged answer has more calls than any ticket allows: check-call is not kept busy with them. */
function refuseSurplus(run: RunMemory): void {
  const reason = `a turn has ${run.calls.length} calls, expected at most ${mostCallsPerTurn}`;
  for (const progress of run.calls.slice(mostCallsPerTurn)) {
    if (!progress.result) run.finish(progress, refusedResult(run, progress, 'limit-calls-per-turn', reason));
  }
}

async function drive(
  run: RunMemory,
  remote: Remote,
  progress: CallProgress,
  first: PassResult | undefined,
): Promise<void> {
  const driven: Driven = { progress, holds: 0, notStarted: 0 };
  let step = first;
  while (!progress.result) {
    if (progress.doubt) {
      // One step at a time, and no pass between them: it would only find the same doubt, and start it over for ever.
      await settleDoubt(run, remote, progress, waitForVotes);
      continue;
    }
    if (!step && isWaiting(progress)) {
      await waitForVotes(run, remote, progress);
      if (run.stopped !== null) return;
    }
    step ??= await checkOnce(run, progress, passKind(run));
    await takeStep(run, remote, driven, step);
    step = undefined;
  }
}

async function takeStep(run: RunMemory, remote: Remote, driven: Driven, step: PassResult): Promise<void> {
  const { progress } = driven;
  switch (step.kind) {
    case 'hold':
      await holdRun(run, step, driven.holds);
      driven.holds += 1;
      return;
    case 'settled':
      run.finish(progress, executedResult(run, progress, step));
      return;
    case 'in-doubt':
      progress.try = step.try;
      progress.doubt = { try: step.try, step: step.voided ? 'probe' : 'void', settleAfterAt: step.settleAfterAt };
      return;
    case 'next-try':
      nextTry(run, progress, step.try, step.mayReuseApproval);
      return;
    case 'reconciled':
      run.finish(progress, decisionRefusal(run, progress, step.decision.body));
      return;
    case 'still-open':
      for (const { digest, reason } of step.notCounted) {
        run.notCounted.set(digest, reason);
        run.voteStatus.set(digest, { status: 'rejected', reason });
      }
      return;
    case 'needs-target-state':
      await executeBeforeAsk(run, remote, driven, 'target-state');
      return;
    case 'needs-dry-run':
      await executeBeforeAsk(run, remote, driven, 'dry-run');
      return;
    case 'decided':
      await takeDecision(run, remote, driven, step);
  }
}

/** The call itself may still be approved: people are asked in another round. */
const asksAnew: ReadonlySet<string> = new Set(['approval-stale', 'terms-tightened']);

async function takeDecision(run: RunMemory, remote: Remote, driven: Driven, decided: Decided): Promise<void> {
  const { progress } = driven;
  const { body } = decided.decision;
  if (body.verdict === 'ask') {
    notifyApprovers(run, remote, decided.decision);
  } else if (body.verdict === 'allow') {
    takeExecution(run, driven, decided, await executeCall(run, remote, decided));
    if (!progress.result && !progress.doubt) await backOff(run, driven);
  } else if (takeEdit(run, progress, decided)) {
    return;
  } else if (asksAnew.has(body.rules[0]?.id ?? '') && progress.rounds - editsOf(progress) < mostRounds) {
    progress.ask = null;
    if (body.nonce !== null) dropAsk(run, body.nonce);
  } else {
    noteOutcome(run, progress, body.outcome);
    run.finish(progress, decisionRefusal(run, progress, body));
    if (body.nonce !== null && body.outcome === 'superseded') dropAsk(run, body.nonce);
    if (body.rules.some((rule) => rule.id === 'stopped-by-person')) run.stopped = body.rules[0]?.reason ?? '';
  }
}

function takeExecution(run: RunMemory, driven: Driven, decided: Decided, execution: Execution): void {
  const { progress } = driven;
  const permit = decided.decision.body;
  switch (execution.kind) {
    case 'receipt':
      if (execution.receipt.body.outcome !== 'not-started')
        run.finish(progress, executedResult(run, progress, execution));
      // What was approved is not what is there any more: a new try, and people are asked again.
      else nextTry(run, progress, progress.try + 1, false);
      return;
    case 'not-started':
      driven.notStarted += 1;
      if (driven.notStarted >= mostNotStarted)
        run.finish(progress, refusedResult(run, progress, execution.code, execution.reason));
      return;
    case 'refused':
      run.finish(progress, refusedResult(run, progress, execution.code, execution.reason));
      return;
    case 'unknown':
    case 'cancelled':
      if (permit.verdict === 'allow' && decided.tool?.effect === 'read' && !permit.approval && !permit.grant)
        retryRead(run, progress, execution);
      else progress.doubt = { try: progress.try, step: 'void', settleAfterAt: Date.now() };
  }
}

/** A read that crashed changed nothing: it is tried again, each try with its own decision. */
function retryRead(run: RunMemory, progress: CallProgress, execution: Execution): void {
  if (execution.kind === 'cancelled') throw new CancelledFailure('cancelled while reading');
  if (progress.try >= readTries) run.finish(progress, unknownResult(run, progress, 'it did not end in several tries'));
  else nextTry(run, progress, progress.try + 1, false);
}

async function backOff(run: RunMemory, driven: Driven): Promise<void> {
  if (driven.notStarted === 0) return;
  await holdRun(
    run,
    { kind: 'hold', code: 'gate-timeout', reason: 'the execution did not start' },
    driven.notStarted - 1,
  );
}

/**
 * Reads what the effect would change, or lets the tool say what it would do, under a permit of its own; its receipt is in the
 * store when the gate looks again. A state that could not be read is none. A dry run that failed is one: people are told so.
 */
async function executeBeforeAsk(
  run: RunMemory,
  remote: Remote,
  driven: Driven,
  purpose: 'target-state' | 'dry-run',
): Promise<void> {
  const { progress } = driven;
  const step = await checkOnce(run, progress, { purpose, about: 'call' });
  if (step.kind !== 'decided') return await takeStep(run, remote, driven, step);
  if (step.decision.body.verdict !== 'allow') return await takeDecision(run, remote, driven, step);
  const execution = await executeCall(run, remote, step);
  const isDryRun = purpose === 'dry-run';
  if (execution.kind === 'receipt' && (isDryRun || execution.receipt.body.outcome === 'succeeded')) return;
  if (execution.kind === 'cancelled')
    throw new CancelledFailure(`cancelled ${isDryRun ? 'in a dry run' : 'while reading the target'}`);
  driven.notStarted += 1;
  if (driven.notStarted < mostNotStarted) return await backOff(run, driven);
  const why = isDryRun ? 'its dry run did not end' : 'its target could not be read';
  run.finish(progress, refusedResult(run, progress, purpose, why));
}

async function waitForVotes(run: RunMemory, remote: Remote, progress: CallProgress): Promise<void> {
  const { ask } = progress;
  if (ask?.body.verdict !== 'ask') return;
  for (;;) {
    const end = await awaitApproval(run, progress, ask, ask.body);
    if (end === 'new-link') throw new NewLinkWanted();
    if (end === 'look') return;
    if (end === 'remind') remindOfDue(run, remote);
    else await regateOthers(run, remote, progress);
    // Whoever denied another call ended the run; what is in doubt is found out all the same.
    if (run.stopped !== null && !progress.doubt) return;
  }
}

/**
 * A call further on whose request seems to be over is gated at once, and asked about anew where it was edited: it need not wait
 * for the one before it.
 */
async function regateOthers(run: RunMemory, remote: Remote, waiting: CallProgress): Promise<void> {
  for (const progress of othersToGate(run, waiting)) {
    const driven: Driven = { progress, holds: 0, notStarted: 0 };
    do {
      const step = await checkOnce(run, progress, passKind(run));
      // A permit that would have to queue is not used, as everywhere: its turn comes, and it is gated again.
      if (step.kind === 'hold' || isAllowed(step)) {
        leaveForItsTurn(progress);
        break;
      }
      await takeStep(run, remote, driven, step);
    } while (!progress.result && (!progress.ask || seemsOver(run, progress.ask)));
  }
}

function passKind(run: RunMemory): PassKind {
  return { purpose: run.ticket.dryRun ? 'dry-run' : 'execute', about: 'call' };
}

function isWaiting(progress: CallProgress): boolean {
  return progress.ask?.body.verdict === 'ask' && !progress.result;
}

function isAllowed(step: PassResult | undefined): boolean {
  return step?.kind === 'decided' && step.decision.body.verdict === 'allow';
}

function isAllowedRead(step: PassResult | undefined): boolean {
  return step?.kind === 'decided' && step.decision.body.verdict === 'allow' && step.tool?.effect === 'read';
}
