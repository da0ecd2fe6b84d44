/**
 * Which approvals of a request count by now, for people to read: a second name of one person, a key that was revoked since, or a
 * right that was lost do not, and whoever looks must not believe that theirs is the last one needed. The gate judges again.
 */
import type { ApprovalView } from '../client/gateway-schemas.ts';
import type { SignedVote } from '../core/contracts/approval.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import { howAuthenticated } from '../core/how-authenticated.ts';
import { saysYes } from '../core/says-yes.ts';
import type { ApproverCheck } from './approvers.ts';
import type { OpenedAsk } from './verified.ts';

/** @param votes in the order in which they were cast, verified. @returns each as it is shown, `uncounted` where it counts for nothing */
export async function votesThatCount(
  approvers: Pick<ApproverCheck, 'judgeVote'>,
  ask: OpenedAsk,
  ticket: TicketBody,
  votes: readonly SignedVote[],
): Promise<ApprovalView['votes']> {
  const takenBack = new Set(votes.flatMap(({ body }) => (body.verdict === 'withdraw' ? [body.principal] : [])));
  const answeredBy = new Map<string, string>();
  const shown: ApprovalView['votes'] = [];
  for (const { body } of votes) {
    const { principal, verdict, castAt, channel, authenticated } = body;
    const view = { principal, verdict, castAt, channel, authenticated: howAuthenticated(authenticated) };
    const judged = saysYes(verdict) ? await approvers.judgeVote(ask, ticket, body) : undefined;
    let uncounted: string | undefined;
    if (judged?.kind === 'may-not') uncounted = judged.reason;
    // What was taken back says so itself, and leaves the place to another name.
    if (judged?.kind === 'may' && !takenBack.has(principal)) {
      const first = answeredBy.get(judged.person);
      if (first !== undefined) uncounted = `the same person approved it as ${first}`;
      else answeredBy.set(judged.person, principal);
    }
    shown.push(uncounted === undefined ? view : { ...view, uncounted });
  }
  return shown;
}
