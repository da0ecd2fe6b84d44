/**
 * What a list shows beside many requests, read at once: their votes, the grants that were proposed with them, and the channels that
 * could not tell. One look a request would make a list of two hundred into six hundred.
 */
import type { ApprovalView } from '../client/gateway-schemas.ts';
import type { SignedVote } from '../core/contracts/approval.ts';
import { isUntold } from '../store/notice.ts';
import type { StoredVote } from '../store/store.ts';
import { isFrozen, verifiedVotes } from './describe-situation.ts';
import { grantsOfRequests } from './grants/show-grants.ts';
import type { GatewayContext } from './options.ts';
import type { OpenedAsk } from './verified.ts';

export interface Beside extends Pick<ApprovalView, 'grants'> {
  /** Those that verify. */
  votes: SignedVote[];
  /** Channels by which nobody could be told. */
  untold: NonNullable<ApprovalView['untold']>;
  /** The fleet, while this was read. */
  frozen: boolean;
}

/**
 * Of exactly these requests, as they are now; undefined of one with a stored vote that somebody changed.
 * @throws {CountersignError} `store-unavailable`
 */
export async function readBeside(
  gateway: GatewayContext,
  asks: readonly OpenedAsk[],
): Promise<(ask: OpenedAsk) => Beside | undefined> {
  const nonces = asks.map(({ row }) => row.nonce);
  const changed = new Set<string>();
  const votes = await gateway.store.votesByNonces(nonces, (nonce) => changed.add(nonce));
  const beside = await readNotices(gateway, asks, votes);
  return (ask) => {
    const { nonce } = ask.row;
    const shown = beside(ask);
    // One that does not verify is not shown, and the request is not what it seems.
    return changed.has(nonce) || shown.votes.length < (votes.get(nonce) ?? []).length ? undefined : shown;
  };
}

/** Of one, whose votes were read and verify. */
export async function besideOf(gateway: GatewayContext, ask: OpenedAsk, votes: readonly StoredVote[]): Promise<Beside> {
  return (await readNotices(gateway, [ask], new Map([[ask.row.nonce, votes]])))(ask);
}

async function readNotices(
  gateway: GatewayContext,
  asks: readonly OpenedAsk[],
  votes: ReadonlyMap<string, readonly StoredVote[]>,
): Promise<(ask: OpenedAsk) => Beside> {
  const frozen = await isFrozen(gateway);
  const notices = await gateway.store.noticesOfAll(asks.map(({ row }) => row.nonce));
  const grantable = asks.filter(({ body }) => body.ask.terms.grants).map(({ row }) => row.nonce);
  const grants = await grantsOfRequests(gateway, grantable, votes);
  return ({ row: { nonce } }) => ({
    votes: verifiedVotes(gateway, votes.get(nonce) ?? []),
    grants: grants.get(nonce) ?? [],
    untold: (notices.get(nonce) ?? []).filter(isUntold).map(({ channel, problem }) => ({ channel, problem })),
    frozen,
  });
}
