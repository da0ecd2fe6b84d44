/**
 * How fast people approve. Somebody who is asked too often, or who is flooded on purpose, stops reading: it shows in approvals that
 * come sooner than a card can be read (threat model, attack 24). The gateway's own notes, for people: no decision rests on them.
 */
import type { ApprovalPaceView } from '../client/pace-schemas.ts';
import { isTooSoon } from '../core/reading-time.ts';
import type { ApprovalPace } from '../store/approval-pace.ts';
import type { GatewayContext } from './options.ts';

/** Looked through for one answer. */
const mostVotes = 10_000;

/** @param from ms since the Unix epoch. @throws {CountersignError} `store-unavailable` */
export async function showPace({ store }: Pick<GatewayContext, 'store'>, from: number): Promise<ApprovalPaceView> {
  const paces = await store.approvalPace({ from, limit: mostVotes });
  const approvers = [...Map.groupBy(paces, ({ principal }) => principal)].map(([principal, own]) => ({
    principal,
    approvals: own.length,
    medianMs: median(own.map(({ castAt, askedAt }) => Math.max(0, castAt - askedAt))),
    tooSoon: own.filter((pace) => isTooSoon(readingMs(pace))).length,
  }));
  approvers.sort((a, b) => b.tooSoon - a.tooSoon || b.approvals - a.approvals || (a.principal < b.principal ? -1 : 1));
  return { from, complete: paces.length < mostVotes, approvers };
}

function readingMs({ castAt, askedAt, lookedAt }: ApprovalPace): number {
  return castAt - (lookedAt ?? askedAt);
}

/** The lower of the two in the middle: a span that somebody took. */
function median(spans: readonly number[]): number {
  return spans.toSorted((a, b) => a - b)[Math.floor((spans.length - 1) / 2)] ?? 0;
}
