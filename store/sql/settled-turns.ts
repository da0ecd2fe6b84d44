/**
 * Up to which turn every permit of a run is known to have its receipt, so that each gate call does not look through all
 * turns again. Of one process, by run epoch, and only below the run's turn mark, where no permit can come any more; a
 * receipt or a consumed row never goes away. What is forgotten is looked up again.
 */

const runsKept = 10_000;

export interface SettledTurns {
  /** Turns below this need no look. */
  below(workflowId: string, runEpoch: number): number;
  note(workflowId: string, runEpoch: number, belowTurn: number): void;
}

export function createSettledTurns(): SettledTurns {
  const byRun = new Map<string, { runEpoch: number; belowTurn: number }>();
  return {
    below: (workflowId, runEpoch) => {
      const known = byRun.get(workflowId);
      return known?.runEpoch === runEpoch ? known.belowTurn : 0;
    },
    note: (workflowId, runEpoch, belowTurn) => {
      byRun.delete(workflowId);
      byRun.set(workflowId, { runEpoch, belowTurn });
      const oldest = byRun.size > runsKept ? byRun.keys().next().value : undefined;
      if (oldest !== undefined) byRun.delete(oldest);
    },
  };
}
