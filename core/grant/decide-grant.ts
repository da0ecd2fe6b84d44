/**
 * Whether a grant stands: enough people's votes on the request it was made with name its digest, by the same fold that
 * decides the request. A denial there, an edit, a withdrawal, or votes for another grant do not make it stand. It verifies no
 * signature and knows no roles: the caller says which votes are valid and whose voters are eligible.
 */
import { type ApprovalDecision, decideApproval, type VoteEvidence } from '../approval.ts';
import type { ApprovalTerms } from '../contracts/approval.ts';
import type { Ask } from '../contracts/decision.ts';
import type { Grant } from '../contracts/grant.ts';
import { digestJson } from '../digest.ts';

/** What votes and permits name a grant by: everything that it gives is in it. */
export function grantDigestOf(grant: Grant): string {
  return digestJson('grant', grant);
}

/** @param terms under which the votes must be enough; absent: those of the request. `closed` lets what is open read as open */
export function decideGrant(
  grant: Grant,
  votes: readonly VoteEvidence[],
  { terms: under = grant.request.terms, closed = true }: { terms?: ApprovalTerms; closed?: boolean } = {},
): ApprovalDecision {
  // One person's word in place of the quorum is for one call.
  const { breakGlass: _, ...terms } = under;
  const digest = grantDigestOf(grant);
  const { request } = grant;
  const ask: Ask = {
    nonce: request.nonce,
    approvalId: request.approvalId,
    kind: 'call',
    callKeys: [request.callKey],
    terms,
    termsDigest: request.termsDigest,
    cardDigest: request.cardDigest,
    askedAt: request.askedAt,
    deadlineAt: request.deadlineAt,
    executeWithinMs: terms.executeWithinMs,
    // Somebody edited the call only where they were offered to, and with that its request had ended: approvals cast after it,
    // by people who did not know yet, are of nothing, and so is the grant with them.
    editable: { schemaBody: request.cardDigest, left: 1 },
  };
  // Whoever approved the call alone, or another grant, has not approved this one.
  const counted = votes.map((one) =>
    one.vote.body.verdict === 'approve' && one.vote.body.grantDigest !== digest ? { ...one, eligible: false } : one,
  );
  return decideApproval({ ask, askDigest: request.askDigest, votes: counted, closed });
}
