/**
 * One local activity of a run at a time, so that a replay schedules what the run did: of several that are outstanding the SDK
 * delivers the results as they come, but in a replay those of one workflow task together
 * (github.com/temporalio/sdk-python/issues/1881, github.com/temporalio/sdk-typescript/issues/1744).
 */

/** Starts at once or, where another one is outstanding, behind those that asked before. */
export type InTurn = <T>(schedule: () => Promise<T>) => Promise<T>;

export function localTurns(): InTurn {
  const waiting: (() => void)[] = [];
  let isTaken = false;
  return async (schedule) => {
    if (isTaken) await new Promise<void>((resolve) => waiting.push(resolve));
    isTaken = true;
    try {
      return await schedule();
    } finally {
      const next = waiting.shift();
      // It stays taken for whoever waited longest.
      if (next) next();
      else isTaken = false;
    }
  };
}
