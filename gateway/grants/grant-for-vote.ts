/**
 * The grant that an approval carries: one that somebody proposed for the same request, or a new one, which is what its proposer was
 * shown. Answering with it needs what the riskiest call that it covers would need. It appends nothing; what is returned is recorded
 * with the vote.
 */
import type { GrantRequest } from '../../client/grant-schemas.ts';
import type { Channel } from '../../core/contracts/approval.ts';
import type { Grant } from '../../core/contracts/grant.ts';
import { grantDigestOf } from '../../core/grant/decide-grant.ts';
import { coverageDigestOf } from '../../core/grant/grant-coverage.ts';
import { channelRefusal } from '../../policy/index.ts';
import { readGrants } from '../../store/read-grants.ts';
import { cannot } from '../answerable.ts';
import type { GatewayContext } from '../options.ts';
import type { Voter } from '../seal-vote.ts';
import type { OpenedAsk } from '../verified.ts';
import { buildGrant } from './build-grant.ts';
import { requireGrantable } from './grantable.ts';

export interface CarriedGrant {
  grant: Grant;
  digest: string;
  /** To be recorded before the vote; false: it was proposed before. */
  isNew: boolean;
}

/** Forms of ours, whose reader sees what the gateway renders and nothing else: what was not shown there is not taken from there. */
const shownFirst: readonly Channel[] = ['web', 'slack'];

/**
 * @throws {CountersignError} `forbidden` where the terms allow none, or less, or not through this channel; `conflict` where it is
 * not what was shown; `input-invalid`, `not-found`, `input-refused`
 */
export async function grantForVote(
  gateway: GatewayContext,
  ask: OpenedAsk,
  caller: Voter,
  request: GrantRequest,
  channel: Channel,
): Promise<CarriedGrant> {
  const grantable = requireGrantable(ask);
  const carried =
    'sign' in request
      ? await proposedBefore(gateway, ask, request.sign)
      : proposedNow(await buildGrant(gateway, grantable, caller, request.propose));
  if ('propose' in request) requireAsShown(ask, carried.grant, request.shown, channel);
  const { risk } = carried.grant;
  const refusal = channelRefusal({ terms: ask.body.ask.terms, risk }, channel);
  if (refusal === undefined) return carried;
  throw cannot(
    'forbidden',
    ask,
    `the grant is for risk ${risk}, and ${refusal}`,
    'less',
    'grant it elsewhere, or less',
  );
}

function proposedNow(grant: Grant): CarriedGrant {
  return { grant, digest: grantDigestOf(grant), isNew: true };
}

/** Whoever bends a form, or its way back, sends what nobody was shown. */
function requireAsShown(ask: OpenedAsk, grant: Grant, shown: string | undefined, channel: Channel): void {
  const remedy = 'look at what it would cover again';
  if (shown === undefined) {
    if (!shownFirst.includes(channel)) return;
    throw cannot('input-invalid', ask, 'nobody was shown what the grant covers', '"shown", of its preview', remedy);
  }
  if (shown === coverageDigestOf(grant)) return;
  throw cannot('conflict', ask, 'the grant would cover something else than was shown', 'what was shown', remedy);
}

async function proposedBefore(
  { store, keys, audience }: GatewayContext,
  ask: OpenedAsk,
  digest: string,
): Promise<CarriedGrant> {
  const grants = await readGrants({ store, registry: keys.registry, audience });
  const found = grants.find(
    ({ grant, revoked }) =>
      grant.request.nonce === ask.row.nonce && revoked === null && grantDigestOf(grant) === digest,
  );
  if (found) return { grant: found.grant, digest, isNew: false };
  const is = 'no grant of this digest is proposed for it';
  throw cannot('not-found', ask, is, 'one that stands beside its card', 'look at the request again');
}
