/**
 * What workflow and activities say to each other: inputs are claims that the activity checks, results are self-contained
 * because a local activity's input is not in the history. Names are the activity types.
 */
import type { SignedVote } from './approval.ts';
import type { SignedDecision } from './decision.ts';
import type { ErrorCode } from './errors.ts';
import type { Purpose } from './ids.ts';
import type { Finding, Label } from './labels.ts';
import type { AssistantMessage, Message, TokenUsage } from './message.ts';
import type { ExecutionOutcome, SignedReceipt } from './receipt.ts';
import type { RunLimits, SignedTicket, TaskQueues } from './ticket.ts';
import type { EffectClass } from './tool.ts';

/** Not now, from the closed list of contracts.md §3.6: the run waits on a durable timer and asks again. */
export interface Hold {
  kind: 'hold';
  code:
    | Extract<ErrorCode, 'store-unavailable' | 'key-unavailable' | 'server-unavailable' | 'clock-skew'>
    | 'frozen'
    | 'gate-timeout'
    | 'earlier-effect-open';
  reason: string;
}

export interface RunRefused {
  kind: 'refused';
  code: ErrorCode;
  reason: string;
}

export interface OpenRunInput {
  ticket: SignedTicket;
  /** The user's text; its digest is in the ticket. Null in a continued link. */
  input: string | null;
  /** Run id of the chain's first link, as the workflow's own start says. */
  firstRunId: string;
}
export interface RunOpened {
  kind: 'opened';
  runEpoch: number;
  limits: RunLimits;
  taskQueues: TaskQueues;
  inputLabels: Label[];
}
export type OpenRunResult = RunOpened | RunRefused | Hold;

export interface CallModelInput {
  turn: number;
  head: string;
  count: number;
  /**
   * The newest messages, since the model last answered: all that a process which asked before lacks. Empty where they are
   * large. A hint that saves a query and is never trusted: what is sent must end in `head`.
   */
  tail: Message[];
}
export interface CallModelResult {
  message: AssistantMessage;
  usage: TokenUsage;
  model: string;
  findings: Finding[];
}

export interface CheckCallInput {
  turn: number;
  index: number;
  try: number;
  pass: number;
  round: number;
  purpose: Purpose;
  /** As the model wrote them. */
  tool: string;
  /** Where people edited them, as they edited them. */
  argumentsText: string;
  /** Used as the nonce if this pass asks. */
  nonce: string;
  /** Workflow clock, ms. */
  workflowTimeAt: number;
  /** The signed ask that a later pass decides on, or that a permit comes from. */
  ask: SignedDecision | null;
  /** All votes the workflow holds for that ask; the gate adds the stored ones. */
  votes: SignedVote[];
  /** The gate's decision that took the last edit of this call; absent: its arguments are the model's. */
  edit?: SignedDecision;
  /** Digest of the decision of the pass before. */
  previousDecision: string | null;
  /** What this pass is about: the call itself, or (after a void row and no useful probe) what became of it. */
  about: 'call' | 'reconcile';
  /** The run ends unfinished: its open ask is withdrawn, and nothing else is decided. */
  withdraw: boolean;
  /** Calls of this turn, of the same tool, that wait for a first verdict: identical ones are asked about together. */
  siblings?: readonly { index: number; argumentsText: string }[];
}
export interface Decided {
  kind: 'decided';
  decision: SignedDecision;
  /** RFC 8785 text of the arguments with defaults applied; null when they never became a value. */
  arguments: string | null;
  tool: { effect: EffectClass; startToCloseMs: number; hasProbe: boolean; hasTargetState: boolean } | null;
  /** Votes that the approval rests on, for tools that demand them. */
  votes: SignedVote[];
  /** RFC 8785 text of the arguments that the decision's `edit` names: the call goes on with them. Absent: it took none. */
  edited?: string;
}
/** The call was executed before (an earlier link, a reset): nothing is asked and nothing runs. */
export interface Settled {
  kind: 'settled';
  try: number;
  receipt: SignedReceipt;
  output: ToolOutput;
}
/** A row of this call and try is open: whether its effect happened is not known here. */
export interface InDoubt {
  kind: 'in-doubt';
  try: number;
  /** The row is void already: what is missing is the proof that nothing happened. */
  voided: boolean;
  /** A probe or an answer does not count before this time (reservedAt + start-to-close + margin), ms. */
  settleAfterAt: number;
}
/** The call must go on as another try (after a void row or a new epoch). */
export interface NextTry {
  kind: 'next-try';
  try: number;
  /** Whether the approval of the try before may serve again. */
  mayReuseApproval: boolean;
}
/** A reconcile request has ended; the signed decision says how (verdict deny: it allows nothing). */
export interface Reconciled {
  kind: 'reconciled';
  decision: SignedDecision;
  answer: 'happened' | 'did-not-happen' | 'unanswered';
}
/** The votes handed over do not decide the request and its deadline has not passed: the workflow waits on. */
export interface StillOpen {
  kind: 'still-open';
  /** Digests of votes that do not count, and why. */
  notCounted: { digest: string; reason: string }[];
}
/** The tool's target must be read (purpose `target-state`) before this call is decided. */
export interface NeedsTargetState {
  kind: 'needs-target-state';
}
/** People will be asked, and the tool has a dry run: it is to speak first (purpose `dry-run`). */
export interface NeedsDryRun {
  kind: 'needs-dry-run';
}
export type CheckCallResult =
  | Decided
  | Settled
  | InDoubt
  | NextTry
  | Reconciled
  | StillOpen
  | NeedsTargetState
  | NeedsDryRun
  | RunRefused
  | Hold;

export interface VerifyVotesInput {
  votes: unknown[];
}
export type VerifiedVote =
  | { kind: 'valid'; digest: string; vote: SignedVote }
  | { kind: 'invalid'; digest: string; failure: string };

export interface ToolOutput {
  /** Redacted, cut to at most 16 KiB of UTF-8. */
  text: string;
  truncated: boolean;
  /** Body digest of the whole redacted text in the store, where it was cut. */
  bodyDigest: string | null;
}
export interface RunToolInput {
  permit: SignedDecision;
  arguments: string;
  votes: SignedVote[];
}
export type RunToolResult =
  | { kind: 'receipt'; receipt: SignedReceipt; output: ToolOutput }
  /** Refused before the row was reserved, for a reason that may pass: the gate takes a new pass. */
  | { kind: 'not-started'; code: string; reason: string }
  /** Refused for good: somebody tampered. An incident. */
  | { kind: 'refused'; code: string; reason: string }
  | { kind: 'unknown'; reason: string };

export interface NotifyApproversInput {
  workflowId: string;
  nonce: string;
}
export interface NotifyApproversResult {
  channels: { channel: string; delivered: boolean; detail: string }[];
}

export interface CompactTranscriptInput extends Omit<CallModelInput, 'tail'> {
  /** Messages from the start that the summary replaces. */
  covers: number;
}
export interface CompactTranscriptResult {
  text: string;
  labels: Label[];
  usage: TokenUsage;
}

export const runOutcomes = ['completed', 'refused', 'cancelled', 'limit-reached', 'failed'] as const;
export type RunOutcome = (typeof runOutcomes)[number];

export interface CloseRunInput {
  outcome: RunOutcome;
  turns: number;
  calls: { callKey: string; outcome: ExecutionOutcome }[];
  /** What the run is about to answer. */
  text: string;
}
export interface CloseRunResult {
  findings: Finding[];
  /** The finding of an afterAgent guard that keeps the answer back. */
  refusal?: Finding;
}
/** The finding that this link is not the one which the store has as its run's newest: nothing was closed. */
export const linkNotOpen = 'not-open';

/** Who speaks of what a run should not have done, in what `close-run` found. */
export const complianceGuard = 'compliance';

/** Local on the agent queue: openRun, checkCall, verifyVotes. Never started otherwise. */
export interface LocalActivities {
  openRun(input: OpenRunInput): Promise<OpenRunResult>;
  checkCall(input: CheckCallInput): Promise<CheckCallResult>;
  verifyVotes(input: VerifyVotesInput): Promise<VerifiedVote[]>;
}
export interface RemoteActivities {
  callModel(input: CallModelInput): Promise<CallModelResult>;
  compactTranscript(input: CompactTranscriptInput): Promise<CompactTranscriptResult>;
  runTool(input: RunToolInput): Promise<RunToolResult>;
  notifyApprovers(input: NotifyApproversInput): Promise<NotifyApproversResult>;
  closeRun(input: CloseRunInput): Promise<CloseRunResult>;
}
export type Activities = LocalActivities & RemoteActivities;
