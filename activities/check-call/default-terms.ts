/** The terms under which the gate itself asks, where no rule of a policy does. */
import type { ApprovalTerms } from '../../core/contracts/approval.ts';
import { combineTerms, type CompiledPolicy, defaultTerms, policyAt } from '../../policy/index.ts';

/** Under every policy's default terms at once; undefined, which denies, where one of them has none. */
export function strictestDefaultTerms(policies: readonly CompiledPolicy[], now: number): ApprovalTerms | undefined {
  const terms = policies.map((policy) => defaultTerms(policyAt(policy, now)));
  const stated = terms.flatMap((one) => one ?? []);
  return stated.length === terms.length && stated.length > 0 ? stated.reduce(combineTerms) : undefined;
}
