/**
 * What one link of a run holds in memory: flow, votes, counters. Rebuilt by replay; nothing in here is believed by whoever
 * allows or executes.
 */
import { workflowInfo } from '@temporalio/workflow';
import type { SignedVote } from '../core/contracts/approval.ts';
import type { AssistantMessage, Message, TokenUsage } from '../core/contracts/message.ts';
import type { CallProgress, CallResult, RunFlow, RunInput, RunState, VoteStatus } from '../core/contracts/run.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import { extendTranscript, transcriptHead, type TranscriptHead } from '../core/transcript.ts';

/** Signals that wait to be looked at; more are counted and dropped (the gate reads stored votes anyway). */
export const inboxLimit = 500;
const rejectedDigestLimit = 100;
/** Characters of text. Results stand in the history already: a second copy of large ones costs more than a query. */
const largestTail = 16_384;

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
  readonly rejected: RunFlow['rejected'];
  readonly counters: RunFlow['counters'];
  readonly finished: RunFlow['calls'];
  /** Rises with every control signal: whoever waits looks again. */
  controlVersion = 0;
  hold: string | null = null;
  stage: RunState['state'] = 'opening';
  /** This link ends: nothing new is started. */
  ending = false;
  /** Calls whose execution is scheduled; of this link only, for people who look. */
  readonly executing = new Set<string>();
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

  reject(digest: string): void {
    this.rejected.count += 1;
    if (this.rejected.digests.length < rejectedDigestLimit) this.rejected.digests.push(digest);
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

  flow(): RunFlow {
    return {
      messages: this.messages,
      turn: this.turn,
      midTurn: this.assistant ? { assistant: this.assistant, calls: this.calls } : null,
      refusalsInARow: this.refusals,
      votes: [...this.votes.values()],
      inbox: this.inbox,
      rejected: this.rejected,
      counters: this.counters,
      calls: this.finished,
    };
  }
}
