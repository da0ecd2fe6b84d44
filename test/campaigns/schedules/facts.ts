/**
 * What is known of a played schedule: what was done from outside, with the times at which it was certainly begun and done,
 * and what could be seen afterwards. The specification judges from these alone. Times are ms since the epoch.
 */

export interface AskFact {
  nonce: string;
  callKey: string;
  askedAt: number;
  deadlineAt: number;
  executeWithinMs: number;
  /** Whom it is sent to, as the card shows it. */
  name: string;
  /** Whether people are offered to edit it. */
  editable: boolean;
  /** As the database says it at the end; null is open. */
  outcome: string | null;
}

/** What somebody sent. */
export interface SentFact {
  nonce: string;
  principal: string;
  castAt: number;
  /** From then on the gate can read it; null where it was only signalled. */
  storedAt: number | null;
  /** From then on the run has it; null where it was only stored. */
  signalledAt: number | null;
}

export interface VoteFact extends SentFact {
  callKey: string;
  digest: string;
  verdict: 'approve' | 'deny' | 'edit';
  /** Of an edit: whom it is to be sent to. No two edits say the same. */
  editedTo: string | null;
  /** The grant that it approves besides. */
  grantId: string | null;
}

export interface WithdrawalFact extends SentFact {
  /** Digest of the voter's own approval. */
  withdraws: string;
}

export interface GrantFact {
  grantId: string;
  /** Of the request whose votes are its votes. */
  nonce: string;
  /** What the names of covered calls begin with. */
  prefix: string;
  uses: number;
  expiresAt: number;
}

/** As the database says it at the end. */
export interface UseFact {
  grantId: string;
  number: number;
  callKey: string;
  try: number;
}

export interface FreezeFact {
  from: number;
  doneAt: number;
  /** Null: to the end. */
  thawFrom: number | null;
}

export interface Span {
  from: number;
  /** Null: to the end. */
  to: number | null;
}

export interface PermitFact {
  callKey: string;
  try: number;
  linkRunId: string;
  issuedAt: number;
  /** Null: it rests on no approval. */
  nonce: string | null;
  /** Null: it rests on no grant. */
  grant: { grantId: string; use: number } | null;
  /** When the call and try was reserved under this one; null: it was not. */
  reservedAt: number | null;
}

export interface EffectFact {
  callKey: string;
  try: number;
  at: number;
  /** Whom it was sent to. */
  name: string;
}

export interface Facts {
  quorum: number;
  /** Who may approve here: persons with the role, other than the requester. */
  eligible: readonly string[];
  /** Every call of the run. */
  callKeys: readonly string[];
  /** Whom the agent sends to, by call. */
  names: Readonly<Record<string, string>>;
  votes: readonly VoteFact[];
  withdrawals: readonly WithdrawalFact[];
  grants: readonly GrantFact[];
  grantRevocations: readonly { grantId: string; doneAt: number }[];
  uses: readonly UseFact[];
  freezes: readonly FreezeFact[];
  revocations: readonly { principal: string; from: number; doneAt: number }[];
  cancellations: readonly { acceptedAt: number }[];
  resets: readonly { from: number; doneAt: number; newLinkRunId: string }[];
  storeOutages: readonly Span[];
  workerOutages: readonly Span[];
  asks: readonly AskFact[];
  permits: readonly PermitFact[];
  effects: readonly EffectFact[];
  /** `completed`, `cancelled`, `failed: …`, or `running` when it did not end. */
  ended: string;
  /** When that was seen. */
  endedAt: number;
  /** In what the record of the run differs from code, signatures or store; null: in nothing. */
  recordDiffers: string | null;
}

type Seen = Omit<Facts, 'quorum' | 'eligible' | 'callKeys' | 'names'>;

/** Of a run that has just begun; each time lists of its own, to be filled. */
export function noFacts() {
  return {
    effects: [],
    votes: [],
    withdrawals: [],
    grants: [],
    grantRevocations: [],
    uses: [],
    freezes: [],
    revocations: [],
    cancellations: [],
    resets: [],
    storeOutages: [],
    workerOutages: [],
    asks: [],
    permits: [],
    ended: 'running',
    endedAt: 0,
    recordDiffers: null,
  } satisfies Seen;
}
