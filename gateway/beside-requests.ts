/**
 * What a list shows beside many requests, read at once: their votes, the grants that were proposed with them, and the channels that
 * could not tell. One look a request would make a list of two hundred into six hundred.
 */
import type { ApprovalView } from '../client/gateway-schemas.ts';
import { isUntold } from '../store/notice.ts';
import { shownVotes } from './describe-situation.ts';
import { grantsOfRequests } from './grants/show-grants.ts';
import type { GatewayContext } from './options.ts';
import type { OpenedAsk } from './verified.ts';

export interface Beside extends Pick<ApprovalView, 'votes' | 'grants'> {
  /** Channels by which nobody could be told. */
  untold: NonNullable<ApprovalView['untold']>;
}

/** Of exactly these requests, as they are now. @throws {CountersignError} `store-unavailable`, `record-invalid` */
export async function readBeside(
  gateway: GatewayContext,
  asks: readonly OpenedAsk[],
): Promise<(ask: OpenedAsk) => Beside> {
  const nonces = asks.map(({ row }) => row.nonce);
  const votes = await gateway.store.votesByNonces(nonces);
  const notices = await gateway.store.noticesOfAll(nonces);
  const grantable = asks.filter(({ body }) => body.ask.terms.grants).map(({ row }) => row.nonce);
  const grants = await grantsOfRequests(gateway, grantable, votes);
  return ({ row: { nonce } }) => ({
    votes: shownVotes(gateway, votes.get(nonce) ?? []),
    grants: grants.get(nonce) ?? [],
    untold: (notices.get(nonce) ?? []).filter(isUntold).map(({ channel, problem }) => ({ channel, problem })),
  });
}
