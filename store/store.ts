/**
 * The store's port: authority (what may happen) and the first entries of the ledger. Every method is one transaction.
 * Methods throw CountersignError `store-unavailable` when the database is out of reach, and never for a state they found:
 * those are values. Implementations pass `test/unit/store/conformance.ts`.
 */
import type { ToolOutput } from '../core/contracts/activities.ts';
import type { Outcome, SignedVote } from '../core/contracts/approval.ts';
import type { ControlKind, SignedControl } from '../core/contracts/control.ts';
import type { SignedDecision } from '../core/contracts/decision.ts';
import type { LedgerKind } from '../core/contracts/export.ts';
import type { Purpose } from '../core/contracts/ids.ts';
import type { Label } from '../core/contracts/labels.ts';
import type { FenceState, SignedReceipt } from '../core/contracts/receipt.ts';
import type { Redaction } from '../core/contracts/redaction.ts';
import type { SignedTicket } from '../core/contracts/ticket.ts';
import type { ApprovalPace } from './approval-pace.ts';
import type { AskQuotas } from './ask-quotas.ts';
import type { GateQuery, GateState, GateView, PassQuery } from './gate-view.ts';
import type { GrantUse } from './grant-use.ts';
import type { BreakGlassTake, ReviewRow } from './review-row.ts';
import type { ChangedAsk } from './changed-rows.ts';
import type { ApprovalChange } from './notice.ts';
import type { NoticeStore } from './notice-store.ts';
import type { Reservation, Reserved, VoidStep } from './reservation.ts';

export type { GateQuery, GateState, GateView, PassQuery } from './gate-view.ts';
export type { GrantUse } from './grant-use.ts';
export type { BreakGlassTake, ReviewRow } from './review-row.ts';
export type { Reservation, Reserved } from './reservation.ts';

export interface RunRow {
  workflowId: string;
  ticket: SignedTicket;
  ticketDigest: string;
  firstLinkRunId: string;
  lastLinkRunId: string;
  runEpoch: number;
  /** Highest turn gated in this epoch; a call of a lower turn is refused. */
  turnMark: number;
  openedAt: number;
  closedAt: number | null;
  outcome: string | null;
}

export interface LinkRow {
  workflowId: string;
  linkRunId: string;
  kind: 'first' | 'successor' | 'reset';
  /** The run's epoch when this link was registered. */
  runEpoch: number;
  registeredAt: number;
}

export interface FenceRow {
  callKey: string;
  try: number;
  workflowId: string;
  linkRunId: string;
  runEpoch: number;
  state: FenceState;
  tool: string;
  argumentsDigest: string;
  nonce: string | null;
  permitDigest: string;
  reservedAt: number;
  startToCloseMs: number;
  /** Void rows: the state before, and who made it void. */
  voidedFrom: 'absent' | 'reserved' | 'executing' | null;
  voidedBy: 'owner' | 'gate' | null;
  /** Consumed rows. */
  receipt: SignedReceipt | null;
  output: ToolOutput | null;
}

export interface AskRow {
  nonce: string;
  workflowId: string;
  callKey: string;
  try: number;
  runEpoch: number;
  linkRunId: string;
  approvalId: string;
  kind: 'call' | 'reconcile';
  ask: SignedDecision;
  askDigest: string;
  /** RFC 8785 text of the card; its digest is in the ask. */
  card: string;
  deadlineAt: number;
  /** Null while open. Informational: authority is the decision that closed it. */
  outcome: Outcome | null;
  closedAt: number | null;
}

export interface StoredVote {
  vote: SignedVote;
  digest: string;
  signalled: boolean;
}

/** A decision's identity: a re-run local activity gets the stored one back. */
export interface DecisionKey {
  callKey: string;
  try: number;
  purpose: Purpose;
  pass: number;
  linkRunId: string;
}

export interface Denial {
  tool: string;
  argumentsDigest: string;
  nonce: string;
}

/** One place of a counter; the same scope is the same counter, and has the same window. */
export interface CounterTake {
  scope: string;
  /** A place is free again this long after it was taken; null: never. */
  windowMs: number | null;
  /** The wall clock of who takes it, ms. */
  at: number;
  limit: number;
  /** The rule that denies when it is full. */
  rule: string;
}

export interface DecisionRecord {
  key: DecisionKey;
  decision: SignedDecision;
  digest: string;
  /** RFC 8785 of the decision, where the caller has it. Absent: it is written anew. */
  text?: string | undefined;
  turn: number;
  /** For an ask: its row. */
  ask: { card: string } | null;
  /** For a later pass of an ask: how the request ended. */
  closes: { nonce: string; outcome: Outcome; at: number } | null;
  /** A person's denial to remember for the whole run. */
  denial: Denial | null;
  /** For allow and ask: counted once by (call key, try) against these bounds, in the same transaction. */
  admit: { callsPerRun: number; callsPerTurn: number; counters?: readonly CounterTake[] } | null;
  /** For an allow that rests on a grant: its number is taken in the same transaction. `uses`: the grant's own bound. */
  grantUse?: { grantId: string; number: number; uses: number; at: number };
  /** For a permit by break-glass, and no other: it opens the review of its request. */
  breakGlass?: BreakGlassTake;
  /** Further calls that an ask covers, of the same turn, tool and try: counted with it, in their order. Absent: none. */
  admitAlso?: readonly string[];
  /** For an ask: where one is full, its denial is recorded in place of the ask. Absent: none. */
  quotas?: AskQuotas;
}
export type RecordedDecision =
  | { kind: 'recorded' }
  | { kind: 'exists'; decision: SignedDecision }
  | { kind: 'over-limit'; limit: 'callsPerRun' | 'callsPerTurn' }
  /** The number is not the grant's next one any more, or beyond its bound. */
  | { kind: 'over-limit'; limit: 'grant' }
  /** `freeAt`: when the next place is free; null: never. */
  | { kind: 'over-limit'; limit: 'counter'; counter: CounterTake; freeAt: number | null }
  | { kind: 'over-quota'; decision: SignedDecision }
  /** Only so many of `admitAlso` had a place; nothing else was recorded. */
  | { kind: 'fits-fewer'; fits: number }
  /** Epoch, link or turn mark moved since the state was read; or the person's last use of break-glass was taken. */
  | { kind: 'stale' };

export interface Consumption {
  callKey: string;
  try: number;
  permitDigest: string;
  receipt: SignedReceipt;
  output: ToolOutput;
  labels: Label[];
  turn: number;
}

export interface LedgerEntry {
  sequence: number;
  kind: LedgerKind;
  workflowId: string;
  callKey: string | null;
  body: unknown;
  at: number;
}

/** What a gateway refused, of one kind within a minute. */
export interface Refusal {
  /** Method and pattern of the address. */
  route: string;
  /** Null: no key of ours came with it. */
  keyId: string | null;
  /** The request, run or key that it was about; empty: none, or nobody with a key said so. */
  about: string;
  code: string;
  attempts: number;
  lastAt: number;
}

export interface Store extends NoticeStore {
  // Runs and links
  /** `same`: this ticket was claimed by this very link (a re-run activity). `claimed-by-other`: used ticket, nonce or workflow id. */
  claimTicket(claim: {
    ticket: SignedTicket;
    ticketDigest: string;
    linkRunId: string;
    now: number;
  }): Promise<'claimed' | 'same' | 'claimed-by-other'>;
  getRun(workflowId: string): Promise<RunRow | null>;
  /** Of many runs in one look, for lists; a run that is not there has no entry. `onInvalid` gets the ids of runs whose row somebody changed; without it they throw. */
  runsByIds(workflowIds: readonly string[], onInvalid?: (workflowId: string) => void): Promise<Map<string, RunRow>>;
  /** Newest first, runs of one millisecond by id. `before`: a page's last row gives the next page; without the id, all opened before the time. */
  listRuns(filter: {
    limit: number;
    before?: { openedAt: number; workflowId?: string };
    principal?: string;
  }): Promise<RunRow[]>;
  /** Registers a further link; a reset raises the run epoch and restarts the turn mark. Idempotent by link run id; `stale` when `expectedLastLinkRunId` is not the last. */
  registerLink(link: {
    workflowId: string;
    linkRunId: string;
    kind: 'successor' | 'reset';
    expectedLastLinkRunId: string;
    now: number;
  }): Promise<{ kind: 'registered'; run: RunRow } | { kind: 'stale'; run: RunRow | null }>;
  /** A call key came back with other arguments: a new epoch, once per (from, reason). */
  raiseRunEpoch(change: { workflowId: string; fromEpoch: number; reason: string; now: number }): Promise<number>;
  closeRun(close: { workflowId: string; linkRunId: string; outcome: string; now: number }): Promise<void>;

  // Gate
  gateState(query: GateQuery): Promise<GateState>;
  /** What a pass decides by, all of one snapshot. @param kinds of control records */
  gateView(query: PassQuery, kinds: readonly ControlKind[]): Promise<GateView>;
  recordDecision(record: DecisionRecord, expected: { runEpoch: number }): Promise<RecordedDecision>;
  listDecisions(workflowId: string): Promise<SignedDecision[]>;
  /** The newest denials of a run, oldest first. */
  denialsOf(workflowId: string, limit: number): Promise<SignedDecision[]>;
  /** Decisions of this call that took an edit, of any epoch. */
  editsOf(callKey: string): Promise<SignedDecision[]>;
  /** Adds what one model call took; each call of it counts. */
  addModelUsage(usage: { workflowId: string; model: string; input: number; output: number }): Promise<void>;
  getAsk(nonce: string): Promise<AskRow | null>;
  /**
   * Open ones by urgency; any others, newest first, from `after` on. @param filter `dueFrom`: none whose deadline is before it, ms.
   * @param onInvalid gets rows that somebody changed, which are then left out: one such row must not keep all other requests from
   * their approvers. Without it they throw `record-invalid`; so for votes below.
   */
  listAsks(
    filter: {
      open?: boolean;
      workflowId?: string;
      dueFrom?: number;
      after?: Pick<AskRow, 'deadlineAt' | 'nonce'>;
      outcome?: Outcome;
      /** Only those of this risk, or only all others; rows of versions before count as others. */
      critical?: boolean;
      limit: number;
    },
    onInvalid?: (row: ChangedAsk) => void,
  ): Promise<AskRow[]>;

  /**
   * What happened to any request from this time on, oldest first. Clocks differ and writes overlap: a change may appear that is
   * older than one already seen, so a follower asks from a little before and forgets what it knows.
   */
  approvalChanges(filter: { from: number; limit: number }): Promise<ApprovalChange[]>;

  // Votes
  /** One vote by principal and nonce; a second one is `duplicate` and changes nothing. */
  storeVote(vote: SignedVote, digest: string): Promise<{ kind: 'stored' } | { kind: 'duplicate'; first: StoredVote }>;
  votesByNonce(nonce: string): Promise<StoredVote[]>;
  /** Of many requests in one look, for lists; a request that nobody voted on has no entry. `onInvalid` gets the request's nonce. */
  votesByNonces(nonces: readonly string[], onInvalid?: (nonce: string) => void): Promise<Map<string, StoredVote[]>>;
  /** `onInvalid` gets the digest that the row has. */
  unsignalledVotes(limit: number, onInvalid?: (digest: string) => void): Promise<StoredVote[]>;
  markVoteSignalled(digest: string): Promise<void>;
  /** Approvals cast from this time on, newest first: see {@link ApprovalPace}. */
  approvalPace(filter: { from: number; limit: number }): Promise<ApprovalPace[]>;

  // Reviews of break-glass
  /** Newest first. @param filter `principals`: of any of these names; absent: of all */
  listReviews(filter: { principals?: readonly string[]; limit: number }): Promise<ReviewRow[]>;
  getReview(nonce: string): Promise<ReviewRow | null>;

  /** Numbers of a grant that were taken, lowest first. */
  grantUses(grantId: string): Promise<GrantUse[]>;

  // Uses of keys: for people who look, no decision rests on them
  /** @param notes times by key id, and refusals to add to those of their minute */
  noteUses(notes: { uses: ReadonlyMap<string, number>; refusals: readonly Refusal[] }): Promise<void>;
  /** When each key was last used; absent: never. */
  keyUses(): Promise<Map<string, number>>;
  /** Newest first. */
  listRefusals(limit: number): Promise<Refusal[]>;

  // Fences (contracts.md §4.2): each step a compare-and-set
  getFence(callKey: string, tryNumber: number): Promise<FenceRow | null>;
  /** Row and intent (ledger) in one transaction. */
  reserveFence(reservation: Reservation): Promise<Reserved>;
  /** reserved → executing by the owner of the permit. */
  startFence(step: {
    callKey: string;
    try: number;
    permitDigest: string;
    leaseUntilAt: number;
  }): Promise<'started' | 'lost'>;
  /** executing → consumed by the owner: receipt, labels, output and ledger entry in one transaction. */
  consumeFence(consumption: Consumption): Promise<'consumed' | 'lost'>;
  /** Turns an absent, reserved or executing row void. Consumed rows stay; void rows stay as they are. */
  voidFence(
    step: VoidStep,
  ): Promise<
    | { kind: 'voided'; row: FenceRow }
    | { kind: 'already-void'; row: FenceRow }
    | { kind: 'consumed'; row: FenceRow }
    | { kind: 'lost'; row: FenceRow }
  >;
  /** Receipts of executions that reserve nothing (unapproved reads, probes, target states, voids): keyed by permit digest, first one stays. */
  recordReceipt(record: {
    permitDigest: string;
    receipt: SignedReceipt;
    output: ToolOutput;
    labels: Label[];
    turn: number;
  }): Promise<{ kind: 'recorded' } | { kind: 'exists'; receipt: SignedReceipt; output: ToolOutput }>;
  /** What tools of this run gave back with the label `untrusted`, in the order of turns: as the model saw it, redacted and cut. */
  untrustedResults(query: {
    workflowId: string;
    fromTurn: number;
    otherThanTurn: number;
  }): Promise<{ permitDigest: string; callKey: string; text: string }[]>;
  receiptByPermit(permitDigest: string): Promise<{ receipt: SignedReceipt; output: ToolOutput } | null>;

  // Control rows
  /** Numbers, signs (by `seal`, called inside the transaction) and appends. */
  appendControl(seal: (sequence: number) => SignedControl): Promise<SignedControl>;
  listControl(kinds: readonly ControlKind[]): Promise<SignedControl[]>;
  /** Highest sequence of a freeze or thaw; 0 when there was none. */
  freezeEpoch(): Promise<number>;

  // Bodies: bytes by the digest of the bytes (purpose `body`)
  putBody(text: string): Promise<string>;
  getBody(digest: string): Promise<string | null>;

  // What redaction took out, encrypted by who keeps it
  /** Rows that are there stay as they are. */
  keepRedactions(rows: readonly Redaction[]): Promise<void>;
  /** As they lie there: nothing is verified. @param query without a mark: all of the run, at most `limit`, by mark */
  listRedactions(query: { workflowId: string; mark?: string; limit: number }): Promise<Redaction[]>;

  // Ledger
  listLedger(filter: { workflowId?: string; after?: number; limit: number }): Promise<LedgerEntry[]>;

  /** Proof of life for health checks. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
