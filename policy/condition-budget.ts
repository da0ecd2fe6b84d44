/**
 * The work that one condition may do for one call, counted in steps and characters, not in time, so that the answer is
 * the same on every machine. Spent is remembered: `||` and `exists` swallow errors, and a swallowed limit would be none.
 */

export const stepsPerCondition = 100_000;
/** Characters given to `re2` and `glob` together. */
export const scannedPerCondition = 1_000_000;
export const longestScanned = 262_144;
/** Characters and elements that comparisons and the functions of texts and lists read. */
export const readPerCondition = 20_000_000;

export class ConditionBudget {
  #steps = stepsPerCondition;
  #scanned = scannedPerCondition;
  #read = readPerCondition;
  #spent = false;

  refill(): void {
    this.#steps = stepsPerCondition;
    this.#scanned = scannedPerCondition;
    this.#read = readPerCondition;
    this.#spent = false;
  }

  /** Whether anything was refused since the last refill, also where the condition swallowed it. */
  get spent(): boolean {
    return this.#spent;
  }

  /** @throws when no step is left */
  step(): void {
    this.#steps -= 1;
    if (this.#steps < 0) this.#refuse();
  }

  /** @throws when the text is too long or too much was scanned */
  scan(text: string): void {
    this.#scanned -= text.length + 1;
    if (text.length > longestScanned || this.#scanned < 0) this.#refuse();
  }

  /** @throws when the values that were compared, searched or split are too large together */
  read(value: unknown): void {
    if (typeof value === 'string') this.#read -= value.length;
    else if (typeof value === 'object' && value !== null) {
      for (const inner of value instanceof Map ? value.values() : Array.isArray(value) ? value : []) this.read(inner);
    }
    this.#read -= 1;
    if (this.#read < 0) this.#refuse();
  }

  #refuse(): never {
    this.#spent = true;
    throw new RangeError('the condition takes more work than a condition may');
  }
}
