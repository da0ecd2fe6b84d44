/**
 * Whether somebody is one of a set of approvers. It takes roles and groups as they are given: whose word they are is for the
 * caller to know, and never a model's.
 */
import type { ApproverSet } from './contracts/approval.ts';

export interface Named {
  principal: string;
  roles: readonly string[];
  groups?: readonly string[] | undefined;
}

export function isNamedBy(set: ApproverSet, { principal, roles, groups = [] }: Named): boolean {
  return (
    set.principals.includes(principal) ||
    roles.some((role) => set.roles.includes(role)) ||
    groups.some((group) => set.groups?.includes(group) === true)
  );
}

/** In words: of a policy, whose names may hold what hides. */
export function namesOfSet({ roles, groups = [], principals }: ApproverSet): string {
  return [...roles.map((role) => `role ${role}`), ...groups.map((group) => `group ${group}`), ...principals].join(', ');
}

export function isEmptySet({ roles, principals, groups = [] }: ApproverSet): boolean {
  return roles.length + principals.length + groups.length === 0;
}
