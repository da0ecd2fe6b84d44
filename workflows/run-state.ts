/**
 * What one link of a run holds in memory: flow, votes, counters. Rebuilt by replay; nothing in here is believed by whoever
 * allows or executes.
 */
import { workflowInfo } from '@temporalio/workflow';
import type { SignedVote } from '../core/contracts/approval.ts';
import type { SignedDecision } from '../core/contracts/decision.ts';
import { digestJson } from '../core/digest.ts';
import type { AssistantMessage, Message, TokenUsage } from '../core/contracts/message.ts';
import type { CallProgress, CallResult, RunFlow, RunInput, RunState, VoteStatus } from '../core/contracts/run.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import { extendTranscript, transcriptHead, type TranscriptHead } from '../core/transcript.ts';

/** Votes that wait to be checked; more are counted and dropped, and the gate looks among the stored ones. */
export const inboxLimit = 500;
const rejectedDigestLimit = 100;
/** Characters of text. Results stand in the history already: a second copy of large ones costs more than a query. */
const largestTail = 16_384;
/** Of JSON, of all waiting votes together; the server takes 2 MiB for the whole input. */
const carriedInboxCharacters = 256 * 1024;

/** How things stood when the gate was last asked about a call: what came since, it has not seen. */
export interface Look {
  at: number;
  controlVersion: number;
  missedVotes: number;
}

export class RunMemory {
  readonly ticket: TicketBody;
  readonly messages: Message[];
  transcript: TranscriptHead;
  turn: number;
  calls: CallProgress[];
  assistant: AssistantMessage | null;
  readonly refusals: RunFlow['refusalsInARow'];
  readonly votes = new Map<string, SignedVote>();
  readonly voteStatus = new Map<string, VoteStatus>();
  inbox: unknown[];
  /** Votes the gate said do not count, by digest. */
  readonly notCounted = new Map<string, string>();
  /** Nonces whose approvers this link has told. */
  readonly notified = new Set<string>();
  /** Since when reminders of a request are due, by nonce; of this link. */
  readonly remindedAt = new Map<string, number>();
  readonly rejected: RunFlow['rejected'];
  readonly counters: RunFlow['counters'];
  readonly finished: RunFlow['calls'];
  /** Rises with every control signal: whoever waits looks again. */
  controlVersion = 0;
  /** Votes that nobody checked for want of room, of this link and the one before. */
  private missedVotes: number;
  private readonly looks = new WeakMap<CallProgress, Look>();
  /** Votes held for a request, of any kind, when the gate last said that they do not decide it. By nonce; of this link. */
  readonly undecidedAt = new Map<string, number>();
  /** A person ended the run: why. */
  stopped: string | null = null;
  hold: string | null = null;
  stage: RunState['state'] = 'opening';
  /** This link ends: nothing new is started. */
  ending = false;
  /** Calls whose execution is scheduled; of this link only, for people who look. */
  readonly executing = new Set<string>();
  /** Decisions whose digest nobody needed yet: most calls have one pass, and a digest costs more than all else of it. */
  readonly lastDecisions = new WeakMap<CallProgress, SignedDecision>();
  /** Activities under way; a link never ends while there are any. */
  inFlight = 0;

  constructor(input: RunInput, ticket: TicketBody) {
    const { flow } = input;
    this.ticket = ticket;
    this.messages = flow?.messages ?? [];
    this.transcript = transcriptHead(this.messages);
    this.turn = flow?.turn ?? 0;
    this.calls = flow?.midTurn?.calls ?? [];
    this.assistant = flow?.midTurn?.assistant ?? null;
    this.refusals = flow?.refusalsInARow ?? { tool: '', count: 0 };
    this.inbox = flow?.inbox ?? [];
    this.rejected = flow?.rejected ?? { count: 0, digests: [] };
    this.counters = flow?.counters ?? { calls: 0, links: 0, inputTokens: 0, outputTokens: 0 };
    this.counters.links += 1;
    this.finished = flow?.calls ?? [];
    this.missedVotes = flow?.missedVotes ? 1 : 0;
    // Votes were verified in the link before; the gate verifies them again in any case.
    this.inbox.push(...(flow?.votes ?? []));
  }

  append(message: Message): void {
    this.messages.push(message);
    this.transcript = extendTranscript(this.transcript, message);
  }

  /** Messages since the model last answered, for a model activity that remembers the rest; none where they are large. */
  tail(): Message[] {
    const from = this.messages.findLastIndex((message) => message.role === 'assistant') + 1;
    const tail = this.messages.slice(from);
    return tail.reduce((sum, message) => sum + message.text.length, 0) > largestTail ? [] : tail;
  }

  /** A summary takes the place of the first messages. */
  replaceStart(covers: number, summary: Message): void {
    this.messages.splice(0, covers, summary);
    this.transcript = transcriptHead(this.messages);
  }

  count(usage: TokenUsage): void {
    this.counters.inputTokens += usage.input;
    this.counters.outputTokens += usage.output;
  }

  /** @param digest asked for only while there is room: of a flood's megabytes nobody needs every one. */
  reject(digest: () => string): void {
    this.rejected.count += 1;
    if (this.rejected.digests.length < rejectedDigestLimit) this.rejected.digests.push(digest());
  }

  missVote(digest: () => string): void {
    this.missedVotes += 1;
    this.reject(digest);
  }

  /** The gate is about to look at this call, and at what is stored for it. */
  noteLook(progress: CallProgress): void {
    this.looks.set(progress, {
      at: Date.now(),
      controlVersion: this.controlVersion,
      missedVotes: this.missedVotes,
    });
  }

  /** Of this link; before the first one nothing was seen. */
  lastLook(progress: CallProgress): Look {
    return this.looks.get(progress) ?? { at: Number.NEGATIVE_INFINITY, controlVersion: 0, missedVotes: 0 };
  }

  /** Whether a vote may be stored that this link will never hold. Where a flood goes on, not before it was worked off. */
  mayHaveMissed(progress: CallProgress): boolean {
    return this.inbox.length === 0 && this.hasMissed(progress);
  }

  private hasMissed(progress: CallProgress): boolean {
    return this.missedVotes > this.lastLook(progress).missedVotes;
  }

  finish(progress: CallProgress, result: CallResult): void {
    progress.result = result;
    this.counters.calls += 1;
    this.finished.push({ callKey: result.callKey, outcome: result.outcome });
  }

  /** The link should end at the next quiet point. */
  get wantsNewLink(): boolean {
    const info = workflowInfo();
    return info.continueAsNewSuggested || info.historyLength >= this.ticket.limits.eventsPerLink;
  }

  /** Digest of the decision of the pass before, null for the first pass of a try. */
  previousDecision(progress: CallProgress): string | null {
    const last = this.lastDecisions.get(progress);
    if (last) progress.previousDecision = digestJson('decision', last);
    this.lastDecisions.delete(progress);
    return progress.previousDecision;
  }

  /** What was not checked yet, as far as it fits into the next link's input. */
  private carriedInbox(): unknown[] {
    let characters = 0;
    return this.inbox.filter((vote) => {
      characters += JSON.stringify(vote).length;
      if (characters <= carriedInboxCharacters) return true;
      this.missVote(() => 'not-carried');
      return false;
    });
  }

  flow(): RunFlow {
    for (const progress of this.calls) this.previousDecision(progress);
    const inbox = this.carriedInbox();
    const missed = this.calls.some((progress) => !progress.result && this.hasMissed(progress));
    return {
      messages: this.messages,
      turn: this.turn,
      midTurn: this.assistant ? { assistant: this.assistant, calls: this.calls } : null,
      refusalsInARow: this.refusals,
      votes: [...this.votes.values()],
      inbox,
      ...(missed ? { missedVotes: true as const } : {}),
      rejected: this.rejected,
      counters: this.counters,
      calls: this.finished,
    };
  }
}
