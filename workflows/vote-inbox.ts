/**
 * Turns signals into checked votes: in batches, beside whatever the run does. A vote is kept by what it says it is for,
 * whether or not anybody waits for it yet; whether it counts is decided by the reducer and, for real, by check-call.
 */
import { condition } from '@temporalio/workflow';
import { askDigestOf, decideApproval } from '../core/approval.ts';
import type { VerifiedVote } from '../core/contracts/activities.ts';
import type { SignedDecision } from '../core/contracts/decision.ts';
import type { CallProgress } from '../core/contracts/run.ts';
import { local } from './activities.ts';
import type { RunMemory } from './run-state.ts';

const batchSize = 50;

/** Runs for the life of the link. */
export async function watchInbox(run: RunMemory): Promise<never> {
  for (;;) {
    await condition(() => run.inbox.length > 0 && !run.ending);
    await checkBatch(run);
  }
}

async function checkBatch(run: RunMemory): Promise<void> {
  const batch = run.inbox.slice(0, batchSize);
  run.inFlight += 1;
  try {
    const verified = await local.verifyVotes(`check ${batch.length} votes`, { votes: batch });
    run.inbox.splice(0, batch.length);
    for (const one of verified) keep(run, one);
  } catch {
    // The check could not run: the votes stay for the next batch, and the gate reads the stored ones anyway.
    await condition(() => false, '5s');
  } finally {
    run.inFlight -= 1;
  }
}

function keep(run: RunMemory, verified: VerifiedVote): void {
  if (verified.kind === 'invalid') {
    run.voteStatus.set(verified.digest, { status: 'rejected', reason: verified.failure });
    run.reject(() => verified.digest);
    return;
  }
  const { vote, digest } = verified;
  if (!vote.body.callKey.startsWith(`${run.ticket.workflowId}/`)) {
    // A genuine vote of another run, copied from its history; there is no end to those.
    run.voteStatus.set(digest, { status: 'rejected', reason: 'it is for another run' });
    run.reject(() => digest);
    return;
  }
  const ask = run.calls
    .map((call) => call.ask)
    .find((one) => one?.body.verdict === 'ask' && one.body.ask.nonce === vote.body.nonce);
  if (ask?.body.verdict === 'ask' && vote.body.castAt > ask.body.ask.deadlineAt)
    run.voteStatus.set(digest, { status: 'late' });
  else run.voteStatus.set(digest, { status: 'applied', outcome: null });
  run.votes.set(digest, vote);
  if (ask) noteStatuses(run, ask);
}

/**
 * What the votes held come to, everybody taken for eligible: a reason to ask the gate, no more. Not a second time for the
 * same votes: the gate knows the roles of now, and here they would seem enough for ever.
 */
export function seemsDecided(run: RunMemory, ask: SignedDecision): boolean {
  if (ask.body.verdict !== 'ask') return false;
  const { nonce } = ask.body.ask;
  return heldFor(run, nonce) !== run.undecidedAt.get(nonce) && (reduced(run, ask)?.outcome ?? null) !== null;
}

/**
 * Whether this request would be over, and nothing would run for it: somebody edited or denied it. That is told before the call's
 * own turn has come.
 */
export function seemsOver(run: RunMemory, ask: SignedDecision): boolean {
  if (!seemsDecided(run, ask)) return false;
  const outcome = reduced(run, ask)?.outcome;
  return outcome === 'superseded' || outcome === 'denied';
}

/** How a call's request ended, for those who ask about their votes. */
export function noteOutcome(run: RunMemory, progress: CallProgress, outcome: string | null): void {
  const body = progress.ask?.body;
  if (body?.verdict !== 'ask') return;
  for (const [digest, vote] of run.votes) {
    if (vote.body.nonce !== body.ask.nonce) continue;
    const status = run.voteStatus.get(digest);
    if (status?.status === 'applied') run.voteStatus.set(digest, { status: 'applied', outcome });
  }
}

export function heldFor(run: RunMemory, nonce: string): number {
  return [...run.votes.values()].filter((vote) => vote.body.nonce === nonce).length;
}

function noteStatuses(run: RunMemory, ask: SignedDecision): void {
  for (const [digest, status] of Object.entries(reduced(run, ask)?.statusByDigest ?? {})) {
    if (status === 'duplicate') run.voteStatus.set(digest, { status: 'duplicate' });
    else if (status === 'unfitting')
      run.voteStatus.set(digest, { status: 'rejected', reason: 'it does not fit the request' });
    else if (status === 'overruled')
      run.voteStatus.set(digest, { status: 'rejected', reason: 'somebody denied the request' });
  }
}

const askDigests = new WeakMap<SignedDecision, string>();

/** Whoever waits for votes asks after each signal. */
function askDigestOnce(signed: SignedDecision): string {
  const known = askDigests.get(signed) ?? askDigestOf(signed);
  askDigests.set(signed, known);
  return known;
}

function reduced(run: RunMemory, signed: SignedDecision) {
  if (signed.body.verdict !== 'ask') return undefined;
  const { ask } = signed.body;
  const votes = [...run.votes]
    .filter(([, vote]) => vote.body.nonce === ask.nonce)
    .map(([digest, vote]) => ({ vote, digest, valid: true, eligible: !run.notCounted.has(digest) }));
  return decideApproval({ ask, askDigest: askDigestOnce(signed), votes, closed: false });
}
