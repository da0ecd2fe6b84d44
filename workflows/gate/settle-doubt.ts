/**
 * Whether an effect happened is not known: first its row is made void, so that a worker that wakes late fails, then the
 * tool's probe is asked, then people. Nothing is guessed, and nothing is tried again without proof that it did not happen.
 */
import { CancelledFailure, condition } from '@temporalio/workflow';
import type { CallProgress } from '../../core/contracts/run.ts';
import type { Remote } from '../activities.ts';
import { executedResult, happenedResult, unknownResult } from './call-result.ts';
import { checkUntilDecided, type PassKind } from './check.ts';
import { type Execution, executeCall } from './execute-call.ts';
import { nextTry } from './next-try.ts';
import { holdRun } from '../hold.ts';
import { NewLinkWanted } from '../new-link.ts';
import { notifyApprovers } from '../notify.ts';
import type { RunMemory } from '../run-state.ts';

/** A probe changes nothing: one that died with its worker is asked again, so often, before people are. */
const mostLostProbes = 3;
const lostProbes = new WeakMap<CallProgress, number>();

type Executed = Extract<Execution, { kind: 'receipt' }>;

/** Until the gate should look at the call's request; other calls of the turn go on meanwhile. @throws {NewLinkWanted} */
export type Wait = (run: RunMemory, remote: Remote, progress: CallProgress) => Promise<void>;

/** One step: clears the doubt, moves it on, or ends the call. */
export async function settleDoubt(run: RunMemory, remote: Remote, progress: CallProgress, wait: Wait): Promise<void> {
  const { doubt } = progress;
  if (!doubt) return;
  switch (doubt.step) {
    case 'void':
      return await makeVoid(run, remote, progress);
    case 'probe':
      return await probe(run, remote, progress, doubt.settleAfterAt);
    case 'reconcile':
      return await reconcile(run, remote, progress, wait);
  }
}

/** Until the row is void or turns out to be consumed, nothing else about this call can be known. */
async function makeVoid(run: RunMemory, remote: Remote, progress: CallProgress): Promise<void> {
  const executed = await executeSettling(run, remote, progress, 'void');
  if (!executed) return;
  progress.doubt = null;
  // The row was consumed after all: its recorded receipt came back.
  if (executed.receipt.body.purpose !== 'void') return run.finish(progress, executedResult(run, progress, executed));
  await askFences(run, progress);
}

async function probe(run: RunMemory, remote: Remote, progress: CallProgress, settleAfterAt: number): Promise<void> {
  await waitUntil(run, settleAfterAt);
  const executed = await executeSettling(run, remote, progress, 'probe');
  if (!executed) return;
  const answer = executed.receipt.body.probe;
  if (answer === 'happened') {
    progress.doubt = null;
    return run.finish(progress, happenedResult(run, progress, 'the tool’s probe'));
  }
  if (answer === 'did-not-happen') return await askFences(run, progress);
  toReconcile(progress);
}

async function reconcile(run: RunMemory, remote: Remote, progress: CallProgress, wait: Wait): Promise<void> {
  const kind: PassKind = { purpose: 'execute', about: 'reconcile' };
  const { ask } = progress;
  if (ask?.body.verdict === 'ask' && ask.body.ask.kind === 'reconcile') {
    notifyApprovers(run, remote, ask);
    await wait(run, remote, progress);
  }
  const step = await checkUntilDecided(run, progress, kind);
  if (step.kind === 'still-open') return;
  if (step.kind === 'decided' && step.decision.body.verdict === 'ask') return;
  progress.doubt = null;
  progress.ask = null;
  if (step.kind !== 'reconciled')
    return run.finish(progress, unknownResult(run, progress, 'nobody can be asked about it'));
  if (step.answer === 'happened') return run.finish(progress, happenedResult(run, progress, 'a person'));
  if (step.answer === 'unanswered')
    return run.finish(progress, unknownResult(run, progress, 'nobody said what became of it'));
  await askFences(run, progress);
}

/** What check-call makes of the void row and its proofs: a further try, or the next way of finding out. */
async function askFences(run: RunMemory, progress: CallProgress): Promise<void> {
  progress.doubt = null;
  const step = await checkUntilDecided(run, progress, { purpose: 'execute', about: 'call' });
  if (step.kind === 'next-try') {
    nextTry(run, progress, step.try, step.mayReuseApproval);
  } else if (step.kind === 'in-doubt') {
    const asked = progress.ask?.body.verdict === 'ask' && progress.ask.body.ask.kind === 'reconcile';
    progress.doubt = {
      try: step.try,
      step: step.voided ? (asked ? 'reconcile' : 'probe') : 'void',
      settleAfterAt: step.settleAfterAt,
    };
  } else if (step.kind === 'settled') {
    run.finish(progress, executedResult(run, progress, step));
  } else {
    run.finish(progress, unknownResult(run, progress, 'its record does not say'));
  }
}

/** The receipt of a settling execution; undefined where it must be tried again (after a wait) or cannot be had. */
async function executeSettling(
  run: RunMemory,
  remote: Remote,
  progress: CallProgress,
  purpose: 'void' | 'probe',
): Promise<Executed | undefined> {
  const step = await checkUntilDecided(run, progress, { purpose, about: 'call' });
  if (step.kind !== 'decided' || step.decision.body.verdict !== 'allow') {
    if (purpose === 'probe') toReconcile(progress);
    else {
      progress.doubt = null;
      run.finish(progress, unknownResult(run, progress, 'it could not be settled'));
    }
    return undefined;
  }
  const execution = await executeCall(run, remote, step);
  if (execution.kind === 'receipt') return execution;
  if (execution.kind === 'cancelled') throw new CancelledFailure('cancelled while settling');
  if (purpose === 'probe' && execution.kind !== 'not-started' && noteLostProbe(progress) >= mostLostProbes)
    toReconcile(progress);
  else await holdRun(run, { kind: 'hold', code: 'gate-timeout', reason: `${purpose} gave no answer` }, 2);
  return undefined;
}

function noteLostProbe(progress: CallProgress): number {
  const lost = (lostProbes.get(progress) ?? 0) + 1;
  lostProbes.set(progress, lost);
  return lost;
}

function toReconcile(progress: CallProgress): void {
  if (!progress.doubt) return;
  progress.doubt = { ...progress.doubt, step: 'reconcile' };
  progress.ask = null;
}

async function waitUntil(run: RunMemory, at: number): Promise<void> {
  while (Date.now() < at) {
    if (run.wantsNewLink) throw new NewLinkWanted();
    await condition(() => run.wantsNewLink, at - Date.now(), { summary: 'until it can be settled' });
  }
}
