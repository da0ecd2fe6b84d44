/**
 * Signal and query handlers. Signals store and never throw: whatever an attacker sends is kept, counted or dropped, and
 * decides nothing. Queries read and change nothing.
 */
import { setHandler } from '@temporalio/workflow';
import { callKeyOf } from '../core/contracts/call-names.ts';
import type { CallProgress, RunState, VoteStatus } from '../core/contracts/run.ts';
import { digestJson } from '../core/digest.ts';
import {
  controlSignal,
  runStateQuery,
  type TranscriptPart,
  transcriptQuery,
  voteSignal,
  voteStatusQuery,
} from './messages.ts';
import { inboxLimit, type RunMemory } from './run-state.ts';
import { hasVoteShape } from './start-shape.ts';

/** Characters of JSON; far more than a vote has. */
const largestDigested = 16_384;

/**
 * There is no handler for signals of other names: they stay in the history and reach nobody. With one, the SDK would throw
 * where a name begins with its reserved prefix, and one such signal would make every later task of the run fail.
 */
export function registerHandlers(run: RunMemory): void {
  setHandler(voteSignal, (vote) => receiveVote(run, vote));
  setHandler(controlSignal, () => {
    run.controlVersion += 1;
  });
  setHandler(voteStatusQuery, (digest) => voteStatus(run, digest));
  setHandler(transcriptQuery, ({ from }) => transcriptPart(run, from));
  setHandler(runStateQuery, () => runState(run));
}

/**
 * What has not even a vote's shape is kept as a digest: carried on, large junk would not fit into the next link's input.
 * What has it may be an honest vote, also where there is no room for it: then the gate looks among the stored ones.
 */
function receiveVote(run: RunMemory, vote: unknown): void {
  if (!hasVoteShape(vote)) run.reject(() => digestOf(vote));
  else if (run.inbox.length < inboxLimit) run.inbox.push(vote);
  else run.missVote(() => digestOf(vote));
}

function voteStatus(run: RunMemory, digest: string): VoteStatus {
  const known = run.voteStatus.get(digest);
  if (known) return known;
  const waits = run.inbox.some((vote) => digestOf(vote) === digest);
  return { status: waits ? 'checking' : 'unknown' };
}

/** Of large junk there is none: it would be made again at every replay, and the run's task would take longer than it may. */
function digestOf(vote: unknown): string {
  try {
    return JSON.stringify(vote).length > largestDigested ? 'too-large' : digestJson('vote', vote);
  } catch {
    return 'undecodable';
  }
}

function transcriptPart(run: RunMemory, from: number): TranscriptPart {
  const start = Math.max(0, Math.min(Math.trunc(from), run.messages.length));
  return { messages: run.messages.slice(start), ...run.transcript };
}

function runState(run: RunMemory): RunState {
  const shown = new Set<string>();
  const waiting = run.calls.flatMap((call) => {
    const body = call.ask?.body;
    if (body?.verdict !== 'ask' || stageOf(run, call) !== 'waiting-for-approval') return [];
    const { approvalId, nonce, kind, deadlineAt } = body.ask;
    // Identical calls wait for one answer.
    if (shown.has(nonce)) return [];
    shown.add(nonce);
    const votes = [...run.votes.values()].filter((vote) => vote.body.nonce === nonce).length;
    return [{ approvalId, nonce, kind, deadlineAt, votes, tool: body.tool.name }];
  });
  return {
    workflowId: run.ticket.workflowId,
    agent: run.ticket.agent,
    state: run.stage,
    turn: run.turn,
    link: run.counters.links,
    hold: run.hold,
    approvals: waiting,
    calls: run.calls.map((call) => ({
      callKey: keyOf(run, call),
      tool: call.call.name.slice(0, 64),
      state: stageOf(run, call),
      rule: call.result?.rule ?? null,
    })),
    counters: run.counters,
    rejectedVotes: run.rejected.count,
  };
}

function keyOf(run: RunMemory, { index }: CallProgress): string {
  return callKeyOf(run.ticket.workflowId, run.turn, index);
}

function stageOf(run: RunMemory, call: CallProgress): RunState['calls'][number]['state'] {
  if (call.result) return call.result.outcome;
  if (call.doubt && call.doubt.step !== 'reconcile') return 'in-doubt';
  if (run.executing.has(keyOf(run, call))) return 'executing';
  return call.ask ? 'waiting-for-approval' : call.doubt ? 'in-doubt' : 'gating';
}
