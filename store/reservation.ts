/** What is asked of a fence before anything starts, or so that nothing starts any more, and what the store says to it. */
import type { FenceRow } from './store.ts';

/** Whose row it is, and by which permit. */
interface FenceStep {
  callKey: string;
  try: number;
  workflowId: string;
  linkRunId: string;
  runEpoch: number;
  tool: string;
  argumentsDigest: string;
  permitDigest: string;
  now: number;
}

export interface VoidStep extends FenceStep {
  by: 'owner' | 'gate';
}

export interface Reservation extends FenceStep {
  nonce: string | null;
  /** Votes that the permit rests on: one that was withdrawn reserves nothing. Absent: none. */
  voteDigests?: readonly string[];
  /** The grant that the permit rests on: one that was revoked, or lost a vote, reserves nothing. Absent: none. */
  grant?: { grantId: string; nonce: string; voteDigests: readonly string[] };
  startToCloseMs: number;
  /** Re-checked in the transaction: later than this, nothing is reserved. */
  executeByAt: number | null;
  /** Freeze epoch of the permit, re-checked in the transaction. */
  freezeEpoch: number;
}
export type Reserved =
  | { kind: 'reserved' }
  | { kind: 'exists'; row: FenceRow }
  /** Another try or call holds this approval for this call. */
  | { kind: 'approval-used'; row: FenceRow }
  | { kind: 'too-late' }
  /** A vote that the approval rests on was taken back. */
  | { kind: 'withdrawn' }
  /** The grant that it rests on was revoked. */
  | { kind: 'revoked' }
  | { kind: 'frozen' };
