/**
 * The list of approval requests for whoever waits for it to change: answered at once when it differs from the version that the
 * caller has, else when something happens, a deadline passes, or the wait is over.
 */
import type { ApprovalList, ApprovalView, UnreadableRequest } from '../client/gateway-schemas.ts';
import { digestJson } from '../core/digest.ts';
import type { ApproverCheck } from './approvers.ts';
import type { Credential } from './credentials.ts';
import { type ApprovalFollower, overlapMs } from './follow-approvals.ts';
import type { GatewayContext } from './options.ts';
import { type ApprovalFilter, listApprovals } from './list-approvals.ts';

export interface ApprovalWait {
  /** That the caller has. */
  version?: string | undefined;
  waitMs: number;
}

/** @param signal aborts when the caller has gone */
export async function waitForApprovals(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  follower: ApprovalFollower,
  caller: Credential,
  filter: ApprovalFilter,
  { version, waitMs }: ApprovalWait,
  signal: AbortSignal,
): Promise<ApprovalList> {
  const look = async (): Promise<ApprovalList> => {
    const { views, unreadable, more } = await listApprovals(gateway, approvers, caller, filter);
    const version = versionOf(views, unreadable);
    const besides = { ...(unreadable.length === 0 ? {} : { unreadable }), ...(more ? { more } : {}) };
    return { approvals: views, ...besides, version };
  };
  const first = await look();
  if (version !== first.version || waitMs === 0) return first;
  const over = AbortSignal.timeout(Math.min(waitMs, ...first.approvals.map(({ timeLeftMs }) => timeLeftMs + 1)));
  const stop = AbortSignal.any([signal, over]);
  let isFirst = true;
  for await (const changes of follower.follow(gateway.clock.now() - overlapMs, stop)) {
    // The first look shows what the list above may already have.
    if (!isFirst && changes.length === 0) continue;
    isFirst = false;
    const next = await look();
    if (next.version !== version) return next;
  }
  return await look();
}

function versionOf(approvals: readonly ApprovalView[], unreadable: readonly UnreadableRequest[]): string {
  const seen = approvals.map(({ nonce, open, outcome, votes, you }) => [
    nonce,
    open,
    outcome,
    votes.length,
    you.mayAnswer,
  ]);
  return digestJson('body', [seen, unreadable]).slice('sha256:'.length, 'sha256:'.length + 32);
}
