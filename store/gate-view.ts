/**
 * What the store tells the gate of a run and one of its calls, from one snapshot: nothing in it is newer than the rest. It is a
 * reading and no promise: who acts on it checks again, in the transaction that acts.
 */
import type { SignedVote } from '../core/contracts/approval.ts';
import type { SignedDecision } from '../core/contracts/decision.ts';
import type { Label } from '../core/contracts/labels.ts';
import type { SignedReceipt } from '../core/contracts/receipt.ts';
import type { DecisionKey, Denial, FenceRow, LinkRow, RunRow, Store } from './store.ts';

export interface GateQuery {
  workflowId: string;
  linkRunId: string;
  callKey: string;
  turn: number;
  try: number;
}

/** Of a call and try, one pass. */
export type PassQuery = GateQuery & Pick<DecisionKey, 'purpose' | 'pass'>;

/** Everything the gate needs to know of a run and one of its calls. */
export interface GateState {
  run: RunRow | null;
  link: LinkRow | null;
  /** Rows of this call, by try. */
  fences: FenceRow[];
  /** Calls of this run, other than this one, whose row is reserved or executing. */
  openFences: FenceRow[];
  /** Labels from receipts of turns before this one. */
  labels: Label[];
  /** An `execute` permit of an earlier turn has no receipt and no void row: its result may have been seen. */
  permitWithoutReceipt: boolean;
  /** A person's denials in this run, whatever epoch. */
  denials: Denial[];
  /** Stored votes of verdict `deny` cast by their ask's deadline, of any ask of this run: a reset cannot drop them. Not yet verified. */
  denialVotes: (Denial & { vote: SignedVote })[];
  /** Admissions so far, each (call key, try) once. */
  admitted: { run: number; turn: number; thisCallAndTry: boolean };
  /** For the limits of policies. */
  counted: {
    /** Admitted calls of the run; a tool that was not called is not here. */
    callsByTool: Record<string, number>;
    usage: { model: string; input: number; output: number }[];
    /** Open runs of the same principal that were opened before this one. */
    openRunsBefore: number;
  };
  /** Stored receipts of purpose `probe`, `target-state` and `dry-run` of this call, oldest first. */
  probes: SignedReceipt[];
  targetStates: SignedReceipt[];
  dryRuns: SignedReceipt[];
}

export interface GateView {
  state: GateState;
  /** Stored for this pass already. */
  decision: SignedDecision | null;
  /** Control records as they were then, not yet verified. Throws what a read of them would, and for a kind that was not asked for. */
  orders: Pick<Store, 'listControl'>;
}
