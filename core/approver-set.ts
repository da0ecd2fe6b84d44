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

export function isEmptySet({ roles, principals, groups = [] }: ApproverSet): boolean {
  return roles.length + principals.length + groups.length === 0;
}
