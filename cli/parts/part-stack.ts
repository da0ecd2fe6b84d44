/**
 * What was started and has to be ended: first what drains, then what is closed, last what the others stand on. Everything
 * is ended, also when ending something fails; the first fault is reported.
 */
import { CountersignError, messageOf } from '../../core/errors.ts';

type End = () => Promise<unknown>;

export interface WatchedPart {
  name: string;
  /** Settles when the part has ended, for whatever reason. */
  ended: Promise<unknown>;
}

export class PartStack {
  readonly #steps: Record<'drain' | 'close' | 'end', End[]> = { drain: [], close: [], end: [] };

  onDrain(end: End): void {
    this.#steps.drain.push(end);
  }

  onClose(end: End): void {
    this.#steps.close.push(end);
  }

  onEnd(end: End): void {
    this.#steps.end.push(end);
  }

  /** Waits for both, also when one fails, so that what the other one started can be ended. */
  async both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
    await Promise.allSettled([first, second]);
    return await Promise.all([first, second]);
  }

  /** @throws {CountersignError} `engine-unavailable` or `internal-fault` when a part ends before it was told to */
  async untilStopped(stop: AbortSignal, parts: readonly WatchedPart[]): Promise<void> {
    const asked = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([asked, ...parts.map((part) => failWhenEnded(part, stop))]);
  }

  /** May be called once. */
  async close(): Promise<void> {
    const { drain, close, end } = this.#steps;
    const faults: unknown[] = [];
    for (const step of [drain, close.toReversed(), end.toReversed()]) {
      for (const one of step.splice(0)) await one().catch((error: unknown) => faults.push(error));
    }
    if (faults.length > 0) throw faults[0];
  }
}

async function failWhenEnded({ name, ended }: WatchedPart, stop: AbortSignal): Promise<void> {
  const how = await ended.then(
    () => 'it ended by itself',
    (error: unknown) => messageOf(error).slice(0, 300),
  );
  if (stop.aborted) return;
  throw new CountersignError(
    'engine-unavailable',
    `Cannot go on: ${name} is gone (${how}), expected it to run; start again, nothing is lost`,
  );
}
