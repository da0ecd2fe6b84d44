/** What of a policy should be said loudly at every start: it is allowed, and it is less safe than it looks. Pure. */
import { makeVisible } from '../../core/make-visible.ts';
import type { CompiledPolicy } from '../../policy/index.ts';

export function policyWarnings(policy: Pick<CompiledPolicy, 'terms' | 'allowsUntrusted' | 'guards'>): string[] {
  const selfApproval = [...policy.terms].filter(([, terms]) => terms.requesterMayApprove).map(([name]) => name);
  const nobody = [...policy.terms]
    .filter(([, { approvers }]) => approvers.roles.length + approvers.principals.length === 0)
    .map(([name]) => name);
  return [
    ...(selfApproval.length === 0
      ? []
      : [
          `whoever asks for a run may approve it (requesterMayApprove in approvals: ${selfApproval.join(', ')}); fine for one person on one machine, set it to false as soon as two people work with this agent`,
        ]),
    ...(policy.terms.has('default')
      ? []
      : ['there is no approvals.default: whatever would ask under it, such as after a reset, is denied']),
    ...(nobody.length === 0 ? [] : [`nobody may approve under approvals: ${nobody.join(', ')}`]),
    ...[...policy.guards].flatMap(([name, { kind, acknowledge }]) =>
      acknowledge === undefined
        ? []
        : [
            `guard ${name} ${kind === 'off' ? 'is switched off' : 'lets more pass than usual'}: ${makeVisible(acknowledge)}`,
          ],
    ),
    ...(policy.allowsUntrusted
      ? ['calls stay allowed after untrusted content was read (labels: { untrusted: allow } for the whole policy)']
      : []),
  ];
}
