/** Bounds somebody else's work in time. What takes longer goes on unheard: its result is nobody's. */
import type { Outcome, Within } from '../guards/index.ts';

/** @param timeoutMs of wall-clock time. Rejects as the work does. What is there already is not waited for, and never late. */
export async function within<T>(work: T | PromiseLike<T>, timeoutMs: number): Promise<Outcome<T>> {
  if (!isPending(work)) return { kind: 'done', value: work };
  return await before(Promise.resolve(work), timeoutMs);
}

async function before<T>(work: Promise<T>, timeoutMs: number): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'timed-out' }), timeoutMs);
  });
  try {
    return await Promise.race([work.then((value) => ({ kind: 'done' as const, value })), late]);
  } finally {
    clearTimeout(timer);
    // Nobody is left to hear that it failed after all.
    work.catch(() => undefined);
  }
}

/** Whatever can be waited for, also what is no promise of ours. */
function isPending<T>(work: T | PromiseLike<T>): work is PromiseLike<T> {
  return typeof work === 'object' && work !== null && 'then' in work && typeof work.then === 'function';
}

/** One bound for several pieces of work in a row, beside the bound of each. @param budgetMs from now on, of wall-clock time */
export function withinBudget(budgetMs: number): Within {
  const endsAt = performance.now() + budgetMs;
  return async (work, timeoutMs) => await within(work, Math.max(0, Math.min(timeoutMs, endsAt - performance.now())));
}
