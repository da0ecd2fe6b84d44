/**
 * What an approval with a grant would cover, before anybody gives it: in the gateway's own words, with the digest that the answer
 * has to repeat and what the person has to type. It makes every check that the answer will meet, and records nothing.
 */
import type { GrantPreview, GrantRequest } from '../../client/grant-schemas.ts';
import type { Channel } from '../../core/contracts/approval.ts';
import { coverageDigestOf } from '../../core/grant/grant-coverage.ts';
import { grantLines } from '../../core/grant/grant-words.ts';
import { cannot, findAsk } from '../answerable.ts';
import type { ApproverCheck } from '../approvers.ts';
import type { GatewayContext } from '../options.ts';
import type { Voter } from '../seal-vote.ts';
import { confirmationNeeded } from '../step-up.ts';
import { buildGrant } from './build-grant.ts';
import { grantForVote } from './grant-for-vote.ts';
import { requireGrantable } from './grantable.ts';

/** @throws {CountersignError} `forbidden` for whoever may not approve it; `conflict` another card; see `grantForVote` */
export async function previewGrant(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Voter,
  nonce: string,
  asked: { grant: GrantRequest; cardDigest: string; channel: Channel },
): Promise<GrantPreview> {
  const { grant: request, cardDigest, channel } = asked;
  const { ask, ticket } = await findAsk(gateway, nonce);
  const answer = { verdict: 'approve', channel, hasReason: true, isConfirmed: true } as const;
  const may = await approvers.mayAnswer(ask, ticket, caller, answer);
  if (may.kind === 'may-not') {
    const expected = `one of the approvers of terms "${ask.body.ask.terms.name}"`;
    throw cannot('forbidden', ask, may.reason, expected, 'ask one of them');
  }
  if (cardDigest !== ask.body.ask.cardDigest) {
    throw cannot('conflict', ask, 'the card seen is another one', 'its current card', 'look at it again');
  }
  const shown =
    'sign' in request
      ? request
      : {
          propose: request.propose,
          shown: coverageDigestOf(await buildGrant(gateway, requireGrantable(ask), caller, request.propose)),
        };
  const { grant, isNew } = await grantForVote(gateway, ask, caller, shown, channel);
  return {
    coverageDigest: coverageDigestOf(grant),
    lines: grantLines(grant, !isNew),
    risk: grant.risk,
    confirmation:
      confirmationNeeded(ask, channel === 'terminal' ? channel : 'api', 'approve', grant.risk)?.expected ?? null,
  };
}
