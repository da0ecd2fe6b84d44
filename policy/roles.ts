/**
 * Roles of a principal: what the policy gives it, by itself or as a member of a group, what its identity claims, and what
 * those inherit. A role the policy does not declare means nothing, and nothing here ever reads a role from text that a
 * model wrote.
 */
import type { CompiledPolicy } from './compiled-policy.ts';

type RolePolicy = Pick<CompiledPolicy, 'roles' | 'principals' | 'groups'>;

/** Sorted. @param claimedRoles from the identity provider or the API key, by the ticket. */
export function rolesOf(policy: RolePolicy, principalId: string, claimedRoles: readonly string[]): string[] {
  const ofGroups = groupsOf(policy, principalId, claimedRoles).flatMap((name) => policy.groups.get(name)?.roles ?? []);
  const direct = [...claimedRoles, ...(policy.principals.get(principalId) ?? []), ...ofGroups];
  return [...new Set(direct.flatMap((role) => policy.roles.get(role) ?? []))].toSorted();
}

/** Sorted. Groups whose claim the identity makes, or that name it. */
export function groupsOf(policy: RolePolicy, principalId: string, claimedRoles: readonly string[]): string[] {
  const member = [...policy.groups].filter(
    ([, group]) => group.principals.has(principalId) || claimedRoles.some((claim) => group.claims.has(claim)),
  );
  return member.map(([name]) => name).toSorted();
}

/** The name under which a policy knows a person who has several, the principal itself where it has one. */
export function personOf(policies: readonly Pick<CompiledPolicy, 'people'>[], principalId: string): string {
  for (const { people } of policies) {
    const person = people.get(principalId);
    if (person !== undefined) return `person:${person}`;
  }
  return principalId;
}

/** Every principal that is the same person, itself too. */
export function namesOf(policies: readonly Pick<CompiledPolicy, 'people'>[], principalId: string): string[] {
  const person = personOf(policies, principalId);
  const known = policies.flatMap(({ people }) => [...people.keys()]);
  return [...new Set([principalId, ...known.filter((name) => personOf(policies, name) === person)])].toSorted();
}

/** Who these are: what one name did, the person did. Only to be compared with what this gives for other names. */
export function peopleOf(
  policies: readonly Pick<CompiledPolicy, 'people'>[],
  principals: Iterable<string>,
): ReadonlySet<string> {
  return new Set([...principals].map((one) => personOf(policies, one)));
}

/** Each role with everything it includes. Cycles end; `references.ts` refuses them before. */
export function closeRoles(inherits: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const closed = new Map<string, readonly string[]>();
  for (const role of inherits.keys()) {
    const seen = new Set<string>();
    const open = [role];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(inherits.get(next) ?? []));
    }
    closed.set(role, [...seen].toSorted());
  }
  return closed;
}
