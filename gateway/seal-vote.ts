/**
 * Signs what somebody said of a request, from whatever channel: bound to its ask, card and terms, and to the credential that
 * it was said with. It checks nothing; who may say it was asked before, and the gate asks again.
 */
import type { SignedVote, VoteBody } from '../core/contracts/approval.ts';
import { sealEnvelope } from '../core/envelope.ts';
import type { VotingKey } from './credentials.ts';
import type { GatewayContext } from './options.ts';
import type { OpenedAsk } from './verified.ts';

/** Whose vote it is; `via` where something else stands for the key. */
export type Voter = VotingKey & { via?: string };

type OfVoter =
  | 'verdict'
  | 'roles'
  | 'groups'
  | 'channel'
  | 'reason'
  | 'withdraws'
  | 'edits'
  | 'stop'
  | 'grantDigest'
  | 'requestKey';

export interface Said extends Pick<VoteBody, OfVoter> {
  stepUp?: VoteBody['authenticated']['stepUp'];
}

/** Dated by this gateway's clock. */
export function sealVote(
  { keys, audience, clock }: GatewayContext,
  { kind, principal, keyId: credentialId, mintedBy, via }: Voter,
  ask: OpenedAsk,
  { stepUp, ...said }: Said,
): SignedVote {
  const castAt = clock.now();
  const body: VoteBody = {
    nonce: ask.row.nonce,
    callKey: ask.body.callKey,
    askDigest: ask.row.askDigest,
    cardDigest: ask.body.ask.cardDigest,
    termsDigest: ask.body.ask.termsDigest,
    principal,
    authenticated: {
      method: kind,
      credentialId,
      mintedBy,
      ...(via === undefined ? {} : { via }),
      ...(stepUp ? { stepUp } : {}),
    },
    castAt,
    ...said,
  };
  return sealEnvelope(keys.signer('vote'), 'vote', audience, body, { issuedAt: castAt });
}
