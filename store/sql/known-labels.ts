/**
 * Which labels of a run are on the disk already, as this process knows. A receipt that brings no other ones may be lost
 * with the power: what the run's model had seen would still be known. Of labels nobody knows here, nothing is said.
 */
import type { Label } from '../../core/contracts/labels.ts';

const runsKept = 10_000;

export interface KnownLabels {
  /** Whether each was stored, safely, in an earlier turn of the run. */
  include(workflowId: string, labels: readonly Label[], turn: number): boolean;
  /** After a commit that power loss spares. */
  note(workflowId: string, labels: readonly Label[], turn: number): void;
}

export function createKnownLabels(): KnownLabels {
  const turnsByRun = new Map<string, Map<Label, number>>();
  return {
    include: (workflowId, labels, turn) => {
      const turns = turnsByRun.get(workflowId);
      // The gate leaves the labels of the turn itself out: only an earlier one stands for this.
      return labels.every((label) => (turns?.get(label) ?? Infinity) < turn);
    },
    note: (workflowId, labels, turn) => {
      const turns = turnsByRun.get(workflowId) ?? new Map<Label, number>();
      for (const label of labels) turns.set(label, Math.min(turn, turns.get(label) ?? Infinity));
      turnsByRun.delete(workflowId);
      turnsByRun.set(workflowId, turns);
      const oldest = turnsByRun.size > runsKept ? turnsByRun.keys().next().value : undefined;
      if (oldest !== undefined) turnsByRun.delete(oldest);
    },
  };
}
