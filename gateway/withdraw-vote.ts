/**
 * Takes back the caller's own approval: signed, stored, signalled like a vote. Before the quorum the request goes on without
 * it; after it, what was permitted is refused where the effect would be reserved. What has started is not undone.
 */
import type { VoteResult } from '../client/gateway-schemas.ts';
import { type Channel, signedVoteSchema } from '../core/contracts/approval.ts';
import { saysYes } from '../core/says-yes.ts';
import { digestJson } from '../core/digest.ts';
import { openEnvelope } from '../core/envelope.ts';
import { cannot, findAsk } from './answerable.ts';
import { requireOneClock } from './clock-check.ts';
import { firstAnswer } from './first-answer.ts';
import type { GatewayContext } from './options.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import { sealVote } from './seal-vote.ts';
import { followVote, sendVote } from './send-vote.ts';
import type { Caller } from './sessions.ts';
import type { OpenedAsk } from './verified.ts';

/**
 * Whoever lost the right to vote may still take back what they said.
 *
 * @throws {CountersignError} `not-found`, `signature-invalid`, `forbidden` not a person, `conflict` no approval of theirs to
 * take back, `input-refused`, `clock-skew`
 */
export async function withdrawVote(
  gateway: GatewayContext,
  caller: Caller,
  nonce: string,
  { reason, channel }: { reason?: string | undefined; channel: Channel },
): Promise<VoteResult> {
  const { ask } = await findAsk(gateway, nonce);
  if (!caller.person) throw cannot('forbidden', ask, 'a service account has no vote', 'a person', 'sign in as one');
  const own = await ownApproval(gateway, caller, nonce);
  if (own === undefined) {
    throw cannot('conflict', ask, 'you have not approved it', 'an approval of your own', 'deny it, or leave it');
  }
  if (reason !== undefined) await refuseSecrets(gateway, 'the reason', reason);
  await requireOneClock(gateway);
  const vote = sealVote(gateway, caller, ask, {
    verdict: 'withdraw',
    withdraws: own,
    roles: [],
    channel,
    reason: reason ?? null,
  });
  const digest = digestJson('vote', vote);
  const { castAt } = vote.body;
  const stored = await gateway.store.storeVote(vote, digest);
  if (stored.kind === 'duplicate') {
    const { first } = stored;
    return {
      status: 'duplicate',
      outcome: null,
      ...firstAnswer(first.vote.body, caller.principal),
      voteDigest: first.digest,
      castAt: first.vote.body.castAt,
    };
  }
  // A reserve that comes after this looks for it: what is reserved now had been before.
  if (await hasStartedAll(gateway, ask)) {
    return { status: 'late', outcome: null, reason: null, voteDigest: digest, castAt };
  }
  if (!(await sendVote(gateway, ask.row.workflowId, vote, digest))) {
    return { status: 'recorded', voteDigest: digest, castAt };
  }
  return await followVote(gateway, ask, digest, castAt);
}

/** Of identical calls that one answer is for, it is taken back for those that have not started. */
async function hasStartedAll({ store }: GatewayContext, { body }: OpenedAsk): Promise<boolean> {
  for (const callKey of body.ask.callKeys) {
    const fence = await store.getFence(callKey, body.try);
    if (!fence || fence.nonce !== body.ask.nonce || fence.state === 'void') return false;
  }
  return true;
}

/** Its digest. */
async function ownApproval(
  { store, keys, audience }: GatewayContext,
  { principal }: Caller,
  nonce: string,
): Promise<string | undefined> {
  const options = { schema: signedVoteSchema, audience, registry: keys.registry, now: null };
  const votes = await store.votesByNonce(nonce);
  const own = votes.find(({ vote }) => {
    const { body } = vote;
    const isTheirs = body.principal === principal && saysYes(body.verdict);
    return isTheirs && openEnvelope(vote, options).kind === 'opened';
  });
  return own?.digest;
}
