/** Complaints about names that are used and declared nowhere in the policy. */
import { type Complaint, type PathPart, quote } from './problems.ts';
import type { PolicySource } from './schema.ts';
import { suggest } from '../core/suggest.ts';

export function undeclaredRoles(
  source: PolicySource,
  roles: readonly string[],
  path: readonly PathPart[],
): Complaint[] {
  const declared = Object.keys(source.roles ?? {});
  return roles.flatMap((role, index) =>
    declared.includes(role)
      ? []
      : [
          {
            path: [...path, index],
            found: `the role ${quote(role)}`,
            expected: 'a role declared under "roles"',
            remedy: suggest(role, declared, `add "${role}: {}" under "roles"`),
          },
        ],
  );
}

export function undeclaredGroups(
  source: PolicySource,
  groups: readonly string[],
  path: readonly PathPart[],
): Complaint[] {
  const declared = Object.keys(source.groups ?? {});
  return groups.flatMap((group, index) =>
    declared.includes(group)
      ? []
      : [
          {
            path: [...path, index],
            found: `the group ${quote(group)}`,
            expected: 'a group declared under "groups"',
            remedy: suggest(group, declared, `add "${group}: { principals: […] }" under "groups"`),
          },
        ],
  );
}
