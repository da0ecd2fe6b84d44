/** Who may vote under terms, as tests of policies ask it: an approval through no channel in particular, some time after the ask. */
import type { ApprovalTerms } from '../../../core/contracts/approval.ts';
import { judgeVoter } from '../../../policy/index.ts';

const roles = ['admin', 'operator', 'viewer'];
const policy = {
  roles: new Map(roles.map((role) => [role, [role]])),
  principals: new Map(),
  groups: new Map(),
  people: new Map(),
};

export function mayVote(
  terms: ApprovalTerms,
  voter: { principal: string; roles: readonly string[] },
  requesters: readonly string[],
  castAt = 0,
): boolean {
  const { principal, roles: claims } = voter;
  const cast = { verdict: 'approve', castAt, channel: null, hasReason: true, isConfirmed: true } as const;
  return (
    judgeVoter({ terms, risk: 'low', askedAt: 0 }, [policy], requesters, { principal, claims }, cast).kind === 'may'
  );
}
