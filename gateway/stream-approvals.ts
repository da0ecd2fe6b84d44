/**
 * The event stream (server-sent events): each change of an approval request with an id to go on from. It repeats rather
 * than loses: a change may come twice with the same id. A key that ends or is revoked, and a
 * session that is over, end their streams with the next beat.
 */
import { Readable } from 'node:stream';
import type { ApprovalEvent } from '../client/gateway-schemas.ts';
import { CountersignError } from '../core/errors.ts';
import { standingKeys } from './credentials.ts';
import { type ApprovalFollower, type FollowedChange, overlapMs, timeOfId } from './follow-approvals.ts';
import type { GatewayContext } from './options.ts';
import { type Caller, hasSignedOut } from './sessions.ts';

/** A comment this often keeps proxies from ending the stream, ms. */
const beatEveryMs = 15_000;
/** Then the client comes back with its last id, ms. */
const longestMs = 15 * 60_000;
const mostOfKey = 10;
const mostInAll = 500;

export interface ApprovalStreams {
  /**
   * @param gone aborts when the client has gone: a stream that waits for a change would notice only with the next one
   * @throws {CountersignError} `input-invalid` for an id that is none, `rate-limited` for too many streams
   */
  open(caller: Caller, lastEventId: string | undefined, gone: AbortSignal): Readable;
  close(): void;
}

export function createApprovalStreams(gateway: GatewayContext, follower: ApprovalFollower): ApprovalStreams {
  const openByKey = new Map<string, number>();
  let inAll = 0;
  return {
    open(caller, lastEventId, gone) {
      const from = startOf(gateway, lastEventId);
      const ofKey = openByKey.get(caller.keyId) ?? 0;
      if (ofKey >= mostOfKey || inAll >= mostInAll) throw tooMany(ofKey >= mostOfKey);
      openByKey.set(caller.keyId, ofKey + 1);
      inAll += 1;
      const ended = new AbortController();
      const stop = AbortSignal.any([gone, ended.signal]);
      const stream = Readable.from(frames(gateway, follower, caller, from, stop), { objectMode: false });
      stream.once('close', () => {
        ended.abort();
        inAll -= 1;
        const left = (openByKey.get(caller.keyId) ?? 1) - 1;
        if (left > 0) openByKey.set(caller.keyId, left);
        else openByKey.delete(caller.keyId);
      });
      return stream;
    },
    close: () => follower.close(),
  };
}

async function* frames(
  gateway: GatewayContext,
  follower: ApprovalFollower,
  caller: Caller,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const endsAt = performance.now() + longestMs;
  let beatAt = performance.now() + beatEveryMs;
  // At once, so that the client knows it is connected before anything happens.
  yield 'retry: 2000\n: connected\n\n';
  for await (const changes of follower.follow(from, signal)) {
    for (const change of changes) yield await frameOf(gateway, change);
    const now = performance.now();
    if (now >= endsAt) return;
    if (now < beatAt) continue;
    if (!(await stillStands(gateway, caller))) return;
    beatAt = now + beatEveryMs;
    yield ': beat\n\n';
  }
}

async function frameOf(gateway: GatewayContext, change: FollowedChange): Promise<string> {
  const row = await gateway.store.getAsk(change.nonce).catch(() => null);
  const event: ApprovalEvent = {
    kind: change.kind,
    nonce: change.nonce,
    at: change.at,
    workflowId: row?.workflowId ?? null,
    outcome: row?.outcome ?? null,
  };
  // JSON has no line break in it: one data line.
  return `id: ${change.id}\nevent: approval-${change.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** A store that is away ends no stream; whoever signed out, or whose session or key is over, is told nothing more. */
async function stillStands(gateway: GatewayContext, caller: Caller): Promise<boolean> {
  if (caller.expiresAt <= gateway.clock.now()) return false;
  try {
    return (await standingKeys(gateway)).has(caller.keyId) && !(await hasSignedOut(gateway, caller));
  } catch {
    return true;
  }
}

function startOf({ clock }: GatewayContext, lastEventId: string | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return clock.now() - overlapMs;
  const at = timeOfId(lastEventId);
  if (at !== undefined) return Math.max(0, at - overlapMs);
  throw new CountersignError(
    'input-invalid',
    'Cannot go on with this stream: its Last-Event-ID is none, expected the id of an event of this stream; leave it out to begin now',
  );
}

function tooMany(ofKey: boolean): CountersignError {
  const who = ofKey ? `this key has ${mostOfKey} streams` : `the gateway has ${mostInAll} streams`;
  return new CountersignError(
    'rate-limited',
    `Cannot open this stream: ${who}, expected fewer; close one, or ask by list`,
  );
}
