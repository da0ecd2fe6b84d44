/**
 * One local activity of a run at a time, so that a replay schedules what the run did. Of several that are outstanding the SDK
 * delivers the results as they come, but in a replay those of one workflow task together
 * (github.com/temporalio/sdk-python/issues/1881, github.com/temporalio/sdk-typescript/issues/1744). And where a task was asked
 * a query, a signal that came later may be delivered together with a result that a replay delivers before it: so what a signal
 * asks for lets everything go first that results ask for.
 */

export interface LocalTurns {
  /** Starts at once or, where another one is outstanding, behind those that asked before. */
  inTurn: <T>(schedule: () => Promise<T>) => Promise<T>;
  /** Starts when nothing is outstanding and nothing else of the run is about to ask. */
  whenIdle: <T>(schedule: () => Promise<T>) => Promise<T>;
}

/** The SDK's `condition`: whether it holds is looked at once at first, and then each time that the run has come to rest. */
export type Condition = (isSo: () => boolean) => Promise<void>;

export function localTurns(condition: Condition): LocalTurns {
  const waiting: (() => void)[] = [];
  let isTaken = false;

  async function take<T>(schedule: () => Promise<T>): Promise<T> {
    isTaken = true;
    try {
      return await schedule();
    } finally {
      const next = waiting.shift();
      // It stays taken for whoever waited longest.
      if (next) next();
      else isTaken = false;
    }
  }

  /** Lets the run come to rest once: whatever waited for what has just happened goes on meanwhile. */
  async function rest(): Promise<void> {
    let isFirstLook = true;
    await condition(() => {
      const isLater = !isFirstLook;
      isFirstLook = false;
      return isLater;
    });
  }

  return {
    async inTurn(schedule) {
      if (isTaken) await new Promise<void>((resolve) => waiting.push(resolve));
      return await take(schedule);
    },
    async whenIdle(schedule) {
      do {
        await condition(() => !isTaken);
        // Those who wait for the same result go on in the first, and have asked by the second.
        await rest();
        await rest();
      } while (isTaken);
      return await take(schedule);
    },
  };
}
