/**
 * One local activity of a run at a time, in the order of their asking. Of several that are outstanding the SDK delivers the
 * results as they come, but in a replay those of one workflow task together: whatever the run did in between would be
 * scheduled in another order, and the run could never be replayed, nor go on after its worker died
 * (github.com/temporalio/sdk-python/issues/1881, github.com/temporalio/sdk-typescript/issues/1744).
 */

/** @returns what waits its turn, for one run: who asks next starts when the one before has ended, however it did */
export function localTurns(): <T>(schedule: () => Promise<T>) => Promise<T> {
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
