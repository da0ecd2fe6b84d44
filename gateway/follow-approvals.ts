/**
 * What happens to approval requests, as it happens, for streams and long polls. One look at the store serves everybody who
 * follows; nothing is kept between gateways, so that a follower of one that died goes on with another from its last id.
 */
import { CountersignError } from '../core/errors.ts';
import type { ApprovalChange } from '../store/notice.ts';
import type { GatewayContext } from './options.ts';

/** `id` is the same in every gateway; ids of one follower rise, but for changes that were written late. */
export type FollowedChange = ApprovalChange & { id: string };

export interface ApprovalFollower {
  /** @param from ms; changes of this time and later. Ends when `signal` aborts or the gateway closes. */
  follow(from: number, signal: AbortSignal): AsyncGenerator<FollowedChange[]>;
  /** Ends every follower. */
  close(): void;
}

/** Clocks of those that write differ by at most the vote's clock bound, and a write may take a while to be seen, ms. */
export const overlapMs = 15_000;
const mostAtOnce = 1000;

export function createApprovalFollower(gateway: GatewayContext): ApprovalFollower {
  const ended = new AbortController();
  const shared = createSharedLook(gateway);
  return {
    async *follow(from, signal) {
      const stop = AbortSignal.any([signal, ended.signal]);
      const known = new Map<string, number>();
      let since = from;
      while (!stop.aborted) {
        const found = await shared(since);
        const fresh = found.filter(({ id }) => !known.has(id));
        for (const { id, at } of fresh) known.set(id, at);
        since = nextFrom(since, found, fresh.length, gateway.clock.now());
        for (const [id, at] of known) if (at < since) known.delete(id);
        yield fresh;
        if (found.length < mostAtOnce || fresh.length === 0) await pause(gateway.watchEveryMs, stop);
      }
    },
    close: () => ended.abort(),
  };
}

/** A full page goes on at once; else from a little before, for what is written late. A row dated ahead moves nobody past now. */
function nextFrom(since: number, found: readonly FollowedChange[], fresh: number, now: number): number {
  const newest = Math.min(found.at(-1)?.at ?? since, now);
  if (found.length >= mostAtOnce) return fresh === 0 ? newest + 1 : Math.max(since, newest);
  return Math.max(since, newest - overlapMs);
}

/** A stream that follows from the same time shares the same query: those that are up to date all do. */
function createSharedLook({ store, logger }: GatewayContext): (from: number) => Promise<FollowedChange[]> {
  const lookByFrom = new Map<number, Promise<FollowedChange[]>>();
  return (from) => {
    const running = lookByFrom.get(from);
    if (running) return running;
    const look = store
      .approvalChanges({ from, limit: mostAtOnce })
      .then((changes) => changes.map((change) => ({ ...change, id: idOf(change) })))
      .catch((error: unknown) => {
        // A store that is away ends no stream: the next look finds what was missed.
        const code = error instanceof CountersignError ? error.code : 'internal-fault';
        logger.warn({ code }, 'approval requests cannot be followed just now');
        return [];
      })
      .finally(() => lookByFrom.delete(from));
    lookByFrom.set(from, look);
    return look;
  };
}

const idForm = /^(0|[1-9][0-9]{0,15})-[rvc]-[0-9a-f]{32}$/;

function idOf({ at, kind, nonce, digest }: ApprovalChange): string {
  const of = digest === null ? nonce.replaceAll('-', '') : digest.slice(7, 39);
  return `${at}-${kind[0] ?? ''}-${of}`;
}

/** The time in an id, ms; undefined where it is none of ours. */
export function timeOfId(id: string): number | undefined {
  const [, at] = idForm.exec(id) ?? [];
  return at === undefined ? undefined : Number(at);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
