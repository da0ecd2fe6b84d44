/**
 * Roles of a principal: what the policy gives it, what its identity claims, and what those inherit. A role the policy
 * does not declare means nothing, and nothing here ever reads a role from text that a model wrote.
 */
import type { CompiledPolicy } from './compiled-policy.ts';

/** Sorted. @param claimedRoles from the identity provider or the API key, by the ticket. */
export function rolesOf(policy: CompiledPolicy, principalId: string, claimedRoles: readonly string[]): string[] {
  const direct = [...claimedRoles, ...(policy.principals.get(principalId) ?? [])];
  return [...new Set(direct.flatMap((role) => policy.roles.get(role) ?? []))].toSorted();
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
