/**
 * Counts failed sign-ins by address, and says which address is locked out: nothing it sends is compared any more until a time
 * without attempts has passed. It holds a bounded number of addresses; the oldest is forgotten first.
 */

/** Within `lockedOutMs` of one another. */
const mostFailures = 20;
/** Since the last failure, ms. */
export const lockedOutMs = 300_000;
const mostAddresses = 10_000;

export interface FailedAttempts {
  note(address: string): void;
  /** Seconds until it may try again; undefined: it may now. */
  lockedOutFor(address: string): number | undefined;
}

/** @param now a monotonic clock, ms */
export function createFailedAttempts(now: () => number = () => performance.now()): FailedAttempts {
  const byAddress = new Map<string, { failures: number; lastAt: number }>();

  function standing(address: string): { failures: number; lastAt: number } | undefined {
    const known = byAddress.get(address);
    return known && now() - known.lastAt < lockedOutMs ? known : undefined;
  }

  return {
    note(address) {
      const failures = (standing(address)?.failures ?? 0) + 1;
      byAddress.delete(address);
      const oldest = byAddress.size >= mostAddresses ? byAddress.keys().next().value : undefined;
      if (oldest !== undefined) byAddress.delete(oldest);
      byAddress.set(address, { failures, lastAt: now() });
    },
    lockedOutFor(address) {
      const known = standing(address);
      if (!known || known.failures < mostFailures) return undefined;
      return Math.ceil((lockedOutMs - (now() - known.lastAt)) / 1000);
    },
  };
}
