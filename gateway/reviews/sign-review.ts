/**
 * Signs what somebody found of a break-glass. It is one record for each person and review, and nothing takes it back; two of
 * different people close the review, whatever they found.
 */
import type { ReviewView, SignReviewRequest } from '../../client/review-schemas.ts';
import type { Channel } from '../../core/contracts/approval.ts';
import { type ErrorCode } from '../../core/contracts/errors.ts';
import { CountersignError } from '../../core/errors.ts';
import type { ApproverCheck } from '../approvers.ts';
import { appendWeighed } from '../control-records.ts';
import type { GatewayContext } from '../options.ts';
import { refuseSecrets } from '../refuse-secrets.ts';
import type { Caller } from '../sessions.ts';
import { findReview, hasSigned, showReview } from './show-reviews.ts';

/**
 * @throws {CountersignError} `not-found`, `signature-invalid`; `forbidden` for whoever may not; `conflict` where they have signed
 * it, or it is signed; `input-refused` for a reason with a secret
 */
export async function signReview(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Caller,
  nonce: string,
  { finding, reason }: Pick<SignReviewRequest, 'finding' | 'reason'>,
  channel: Channel,
): Promise<ReviewView> {
  await refuseSecrets(gateway, 'the reason', reason);
  await appendWeighed(gateway, async () => {
    const review = await findReview(gateway, approvers, nonce);
    const { ask, ticket, vote, known, decided } = review;
    const may = await approvers.mayReview(ask, ticket, caller, vote.body.principal);
    const expected = 'somebody who could have answered the request, and is neither its breaker nor behind the run';
    if (may.kind === 'may-not') throw cannot('forbidden', nonce, may.reason, expected, 'ask one of them');
    if (hasSigned(review, caller))
      throw cannot('conflict', nonce, 'you have signed it', 'another person', 'ask one who could have answered');
    if (decided.state === 'signed') throw cannot('conflict', nonce, 'it is signed', 'an open review', 'list them');
    const { groups, roles } = may;
    const said = { nonce, voteDigest: known.voteDigest, finding, reason, signedAt: gateway.clock.now() };
    const { principal, keyId, via } = caller;
    const from = { keyId, channel, ...(via === undefined ? {} : { via }) };
    const by = { principal, ...from, roles, ...(groups.length > 0 ? { groups } : {}) };
    return { result: undefined, order: { kind: 'review-signature' as const, ...said, ...by } };
  });
  return await showReview(gateway, approvers, caller, nonce);
}

function cannot(code: ErrorCode, nonce: string, is: string, expected: string, remedy: string): CountersignError {
  return new CountersignError(code, `Cannot sign review "${nonce}": ${is}, expected ${expected}; ${remedy}`);
}
