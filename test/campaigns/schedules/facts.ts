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
  /** As the database says it at the end; null is open. */
  outcome: string | null;
}

export interface VoteFact {
  nonce: string;
  callKey: string;
  principal: string;
  verdict: 'approve' | 'deny';
  castAt: number;
  /** From then on the gate can read it; null where it was only signalled. */
  storedAt: number | null;
  /** From then on the run has it; null where it was only stored. */
  signalledAt: number | null;
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
  /** The call and try was reserved under this one. */
  used: boolean;
}

export interface EffectFact {
  callKey: string;
  try: number;
  at: number;
}

export interface Facts {
  quorum: number;
  /** Who may approve here: persons with the role, other than the requester. */
  eligible: readonly string[];
  /** Every call of the run. */
  callKeys: readonly string[];
  votes: readonly VoteFact[];
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
}
