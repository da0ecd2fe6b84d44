/** Bounds somebody else's work in time. What takes longer is told so, and goes on unheard: its result is nobody's. */
import type { CheckOptions, Outcome, Within } from '../guards/index.ts';

/** @param timeoutMs of wall-clock time. Rejects as the work does. What is there already is not waited for, and never late. */
export async function within<T>(
  work: (options: CheckOptions) => T | PromiseLike<T>,
  timeoutMs: number,
): Promise<Outcome<T>> {
  const time = new Time(timeoutMs);
  const result = work(time);
  if (!isPending(result)) return { kind: 'done', value: result };
  return await before(Promise.resolve(result), time);
}

async function before<T>(work: Promise<T>, time: Time): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => {
      resolve({ kind: 'timed-out' });
      time.end();
    }, time.timeoutMs);
  });
  try {
    return await Promise.race([work.then((value) => ({ kind: 'done' as const, value })), late]);
  } finally {
    clearTimeout(timer);
    // Nobody is left to hear that it failed after all.
    work.catch(() => undefined);
  }
}

/** Most guards never look at the signal: it is made for those that do. */
class Time implements CheckOptions {
  readonly timeoutMs: number;
  #ending: AbortController | undefined;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  get signal(): AbortSignal {
    this.#ending ??= new AbortController();
    return this.#ending.signal;
  }

  end(): void {
    this.#ending?.abort(new Error('the time is up'));
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
