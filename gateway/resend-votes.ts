/**
 * Sends stored votes that were never signalled: a gateway died in between, or the server was away. What is late by now,
 * or for a request that has closed, is marked and not sent; its signed time would lose anyway.
 */
import { signedVoteSchema } from '../core/contracts/approval.ts';
import { openEnvelope } from '../core/envelope.ts';
import { CountersignError, hasErrorCode } from '../core/errors.ts';
import type { StoredVote } from '../store/store.ts';
import type { GatewayContext } from './options.ts';

const mostAtOnce = 100;

export interface Resent {
  signalled: number;
  /** Marked without being sent. */
  dropped: number;
}

/** @throws {CountersignError} `store-unavailable`, `server-unavailable`: the rest waits for the next time */
export async function resendVotes(gateway: GatewayContext): Promise<Resent> {
  const resent: Resent = { signalled: 0, dropped: 0 };
  const changed: string[] = [];
  const waiting = await gateway.store.unsignalledVotes(mostAtOnce, (digest) => changed.push(digest));
  // One that somebody changed verifies nowhere: it must not keep the others from being sent, with each look anew.
  for (const digest of changed) {
    gateway.logger.error({ voteDigest: digest, code: 'record-invalid' }, 'a stored vote was changed and is not sent');
    await gateway.store.markVoteSignalled(digest);
    resent.dropped += 1;
  }
  for (const stored of waiting) {
    if (await resend(gateway, stored)) resent.signalled += 1;
    else resent.dropped += 1;
    await gateway.store.markVoteSignalled(stored.digest);
  }
  return resent;
}

async function resend(gateway: GatewayContext, { vote }: StoredVote): Promise<boolean> {
  const { store, door, keys, audience } = gateway;
  const opened = openEnvelope(vote, { schema: signedVoteSchema, audience, registry: keys.registry, now: null });
  if (opened.kind === 'rejected') return false;
  const { nonce, castAt } = opened.signed.body;
  const ask = await store.getAsk(nonce);
  if (!ask || ask.outcome !== null || castAt > ask.deadlineAt) return false;
  const run = await store.getRun(ask.workflowId);
  if (run?.closedAt !== null || run.runEpoch !== ask.runEpoch) return false;
  try {
    await door.signal(ask.workflowId, 'vote', opened.signed);
    return true;
  } catch (error) {
    // The run is gone: nobody waits for it.
    if (hasErrorCode(error, 'not-found')) return false;
    throw error;
  }
}

/** Looks now and then; a look that fails is logged and tried again. Returns what stops it and waits for the last look. */
export function startResending(gateway: GatewayContext): () => Promise<void> {
  let looking = look(gateway);
  const timer = setInterval(() => {
    looking = looking.then(() => look(gateway));
  }, gateway.resendEveryMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

async function look(gateway: GatewayContext): Promise<void> {
  try {
    const { signalled, dropped } = await resendVotes(gateway);
    if (signalled + dropped > 0) gateway.logger.info({ signalled, dropped }, 'sent stored votes again');
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : 'internal-fault';
    gateway.logger.warn({ code }, 'stored votes wait to be sent');
  }
}
