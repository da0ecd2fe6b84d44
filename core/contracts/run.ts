/**
 * What a run is started with, carries from link to link (flow only: contracts.md §5), answers to queries and ends with.
 * A signal's payload is unknown until parsed; nobody believes any of this for security.
 */
import type { RunOutcome } from './activities.ts';
import type { SignedVote } from './approval.ts';
import type { SignedDecision } from './decision.ts';
import type { AssistantMessage, Message, ModelCall } from './message.ts';
import type { ExecutionOutcome } from './receipt.ts';
import type { SignedTicket } from './ticket.ts';

export const workflowTypes = { agentRun: 'agentRun' } as const;
export const signalNames = { vote: 'vote', control: 'control' } as const;
export const queryNames = { voteStatus: 'vote-status', transcript: 'transcript', runState: 'run-state' } as const;
/** Search attributes are plain text for everybody with access to the namespace: state only. */
export const searchAttributeNames = { state: 'CountersignState' } as const;

export interface RunInput {
  ticket: SignedTicket;
  /** The user's text in the first link, null after. */
  input: string | null;
  flow: RunFlow | null;
}

/** A call's place on its way through the gate. */
export interface CallProgress {
  index: number;
  call: ModelCall;
  try: number;
  /** Of the next check-call. */
  pass: number;
  /** Asks made so far. */
  rounds: number;
  /** The ask that waits for votes, or that an approval came from. */
  ask: SignedDecision | null;
  previousDecision: string | null;
  /** What is settled about a try in doubt, and next. */
  doubt: { try: number; step: 'void' | 'probe' | 'reconcile'; settleAfterAt: number } | null;
  result: CallResult | null;
}

/** What became of a call; a refusal is a result too. */
export interface CallResult {
  callKey: string;
  tool: string;
  kind: 'executed' | 'refused' | 'unknown';
  outcome: ExecutionOutcome;
  /** Rule id that decided a refusal. */
  rule: string | null;
  /** Message for the model. */
  message: Extract<Message, { role: 'tool' }>;
}

export interface RunFlow {
  messages: Message[];
  turn: number;
  /** Set while calls of a turn are on their way. */
  midTurn: { assistant: AssistantMessage; calls: CallProgress[] } | null;
  refusalsInARow: { tool: string; count: number };
  /** Verified votes held for open requests. */
  votes: SignedVote[];
  /** Signals that were not looked at yet. */
  inbox: unknown[];
  /** Votes and signals that did not fit or verify, counted; never counted as votes. */
  rejected: { count: number; digests: string[] };
  counters: { calls: number; links: number; inputTokens: number; outputTokens: number };
  calls: { callKey: string; outcome: ExecutionOutcome }[];
}

export type VoteStatus =
  | { status: 'checking' }
  /** Counted for an open request; `outcome` once the request has one. */
  | { status: 'applied'; outcome: string | null }
  | { status: 'late' }
  | { status: 'duplicate' }
  | { status: 'rejected'; reason: string }
  | { status: 'unknown' };

/** `in-doubt`: whether it happened is being found out (void, probe); then people may be asked. */
type CallStage = 'gating' | 'waiting-for-approval' | 'executing' | 'in-doubt';

export interface RunState {
  workflowId: string;
  agent: string;
  state: 'opening' | 'working' | 'waiting-for-approval' | 'held' | 'closing' | 'ended';
  turn: number;
  link: number;
  /** Why the run holds, for operators. */
  hold: string | null;
  approvals: {
    approvalId: string;
    nonce: string;
    tool: string;
    kind: 'call' | 'reconcile';
    deadlineAt: number;
    votes: number;
  }[];
  /** `state`: the outcome once there is one, else where the call is. */
  calls: { callKey: string; tool: string; state: ExecutionOutcome | CallStage; rule: string | null }[];
  counters: RunFlow['counters'];
  rejectedVotes: number;
}

export interface RunResult {
  outcome: RunOutcome;
  /** The model's last words, or why the run ended. */
  text: string;
  turns: number;
  calls: number;
}
