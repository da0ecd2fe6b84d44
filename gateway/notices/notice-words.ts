/** What all channels say in the same words. Names are those of the policy, and made visible; nothing here is an agent's. */
import type { ApproverSet } from '../../core/contracts/approval.ts';
import { makeVisible } from '../../core/make-visible.ts';

export function mayAnswerToo({ roles, groups = [], principals }: ApproverSet): string {
  const names = [
    ...roles.map((role) => `role ${role}`),
    ...groups.map((group) => `group ${group}`),
    ...principals.map((principal) => makeVisible(principal)),
  ];
  return `By now ${names.join(', ')} may answer, too.`;
}

/** @param problem in our own words */
export function couldNotTell(channel: string, problem: string): string {
  return `Nobody could be told of this by ${channel} (${problem}). Tell who else must know; it waits all the same.`;
}
