/**
 * Hours of approval terms: outside of them other terms hold in their place. Which ones hold is settled when people are asked
 * and signed with the ask; a request that is open when hours begin or end keeps the terms that it was asked under.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import type { CompiledHours, CompiledPolicy } from './compiled-policy.ts';
import { compileWindow } from './functions/local-time.ts';
import { type Complaint, quote } from './problems.ts';
import type { PolicySource } from './schema.ts';
import { suggest } from '../core/suggest.ts';

/** A window that is none was complained of, and is open never: a policy with complaints is not used. */
export function compileHours({ approvals = {} }: PolicySource): CompiledHours[] {
  return Object.entries(approvals).flatMap(([terms, { hours }]) => {
    if (!hours) return [];
    const windows = hours.within.map(compileWindow);
    const isWithin = (now: number): boolean => windows.some((one) => one.kind === 'window' && one.test(now));
    return [{ terms, outside: hours.outside, isWithin }];
  });
}

export function hoursComplaints({ approvals = {} }: PolicySource): Complaint[] {
  const names = Object.keys(approvals);
  return Object.entries(approvals).flatMap(([name, { hours }]): Complaint[] => {
    if (!hours) return [];
    const path = ['approvals', name, 'hours'];
    const windows = hours.within.flatMap((text, index): Complaint[] => {
      const compiled = compileWindow(text);
      if (compiled.kind === 'window') return [];
      const remedy = 'write it as in "mon-fri 09:00-17:00 Europe/Berlin"';
      return [{ path: [...path, 'within', index], found: quote(text), expected: compiled.reason, remedy }];
    });
    const other = approvals[hours.outside];
    if (other && !other.hours && hours.outside !== name) return windows;
    const found = other
      ? `the terms ${quote(hours.outside)}, which have hours themselves`
      : `the terms ${quote(hours.outside)}`;
    const expected = 'other terms under "approvals", without hours';
    const remedy = other
      ? 'name terms that hold at any time'
      : suggest(hours.outside, names, `add "${hours.outside}:" under "approvals"`);
    return [...windows, { path: [...path, 'outside'], found, expected, remedy }];
  });
}

const variants = new WeakMap<CompiledPolicy, Map<string, CompiledPolicy>>();

/**
 * The policy with the terms that hold at this time, each under the name of those that are in its place. The same object for
 * the same hours, so that what is kept by policy stays. @param now ms since the Unix epoch
 */
export function policyAt(policy: CompiledPolicy, now: number): CompiledPolicy {
  const closed = policy.hours.filter(({ isWithin }) => !isWithin(now));
  if (closed.length === 0) return policy;
  const byClosed = variants.get(policy) ?? new Map<string, CompiledPolicy>();
  variants.set(policy, byClosed);
  const key = JSON.stringify(closed.map(({ terms }) => terms));
  const variant = byClosed.get(key) ?? outside(policy, closed);
  byClosed.set(key, variant);
  return variant;
}

function outside(policy: CompiledPolicy, closed: readonly CompiledHours[]): CompiledPolicy {
  const instead = new Map(
    closed.map(({ terms, outside: other }) => [policy.terms.get(terms), policy.terms.get(other)]),
  );
  const held = (terms: ApprovalTerms | undefined): ApprovalTerms | undefined =>
    terms && instead.has(terms) ? instead.get(terms) : terms;
  return {
    ...policy,
    // It holds at any time: asked again at the same time, it is the policy that it is.
    hours: [],
    rules: policy.rules.map((rule) => ({ ...rule, terms: held(rule.terms) })),
    terms: new Map(
      [...policy.terms].flatMap(([name, terms]) => {
        const now = held(terms);
        return now ? [[name, now] as const] : [];
      }),
    ),
    require: policy.require && { ...policy.require, terms: held(policy.require.terms) },
  };
}
