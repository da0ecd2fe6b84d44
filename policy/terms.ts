/**
 * Approval terms: how several become one, and who may answer. Combination only tightens: whoever is eligible under the
 * result is eligible under each part. Not checked here: signatures, deadlines, how the approver proved who they are.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';

const longestName = 64;
/** Stands for names that together are too long to show; no terms of a file may have it. */
export const combinedTermsName = 'combined';

/** The strictest combination of two terms; an empty intersection of approvers means that nobody can approve. */
export function combineTerms(a: ApprovalTerms, b: ApprovalTerms): ApprovalTerms {
  return {
    name: combineNames(a.name, b.name),
    approvers: {
      roles: intersect(a.approvers.roles, b.approvers.roles),
      principals: intersect(a.approvers.principals, b.approvers.principals),
    },
    quorum: Math.max(a.quorum, b.quorum),
    deadlineMs: Math.min(a.deadlineMs, b.deadlineMs),
    executeWithinMs: Math.min(a.executeWithinMs, b.executeWithinMs),
    requesterMayApprove: a.requesterMayApprove && b.requesterMayApprove,
    reasonRequired: a.reasonRequired || b.reasonRequired,
  };
}

export type Eligibility = { eligible: true } | { eligible: false; reason: string };

/**
 * Whether this principal may answer under these terms.
 * @param approver roles as `rolesOf` gives them at the time of the vote, from identity, never from text.
 * @param requesters everybody whose request this is: the run's principal and who it acts for. When it is empty nobody is
 * eligible unless the terms let requesters approve: separation that cannot be checked is not separation.
 */
export function isEligibleApprover(
  terms: ApprovalTerms,
  approver: { principal: string; roles: readonly string[] },
  requesters: readonly string[],
): Eligibility {
  const { principal } = approver;
  if (principal === '') return { eligible: false, reason: 'the approver is not known' };
  if (!terms.requesterMayApprove) {
    if (requesters.length === 0) return { eligible: false, reason: 'the requester is not known' };
    if (requesters.includes(principal)) {
      return { eligible: false, reason: `the requester may not approve under terms "${terms.name}"` };
    }
  }
  const byName = terms.approvers.principals.includes(principal);
  const byRole = approver.roles.some((role) => terms.approvers.roles.includes(role));
  if (byName || byRole) return { eligible: true };
  return { eligible: false, reason: `"${principal}" is not an approver under terms "${terms.name}"` };
}

function combineNames(a: string, b: string): string {
  if (a === combinedTermsName || b === combinedTermsName) return combinedTermsName;
  const joined = [...new Set([...a.split('+'), ...b.split('+')])].toSorted().join('+');
  return joined.length <= longestName ? joined : combinedTermsName;
}

function intersect(a: readonly string[], b: readonly string[]): string[] {
  const other = new Set(b);
  return [...new Set(a)].filter((value) => other.has(value)).toSorted();
}
