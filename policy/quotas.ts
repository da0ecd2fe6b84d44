/**
 * Which quotas of approval requests a request comes under, and what is said where one is full. They bound how much people are
 * asked, never what is allowed: the store counts, in the transaction that records the ask or the denial.
 */
import type { CompiledPolicy, CompiledQuota } from './compiled-policy.ts';
import { durationOf } from './duration.ts';
import type { Complaint } from './problems.ts';
import type { PolicySource } from './schema.ts';
import { peopleOf } from './roles.ts';
import { matchesTool } from './tool-pattern.ts';

export interface QuotaLimit {
  /** What is counted: the same text is the same quota. */
  readonly scope: string;
  /** The rule that denies when it is full. */
  readonly rule: `quota-${'run' | 'tool' | 'requester'}`;
  /** Absent: any number may wait. */
  readonly pending: number | undefined;
  /** Absent: any number may be asked. */
  readonly asked: number | undefined;
  readonly withinMs: number;
  readonly backOffMs: number;
  readonly longestBackOffMs: number;
}

export function compileQuotas({ quotas = [] }: PolicySource): CompiledQuota[] {
  return quotas.map(({ per, tools, pending, asked, within, backOff, longestBackOff }) => ({
    per,
    tools,
    pending,
    asked,
    withinMs: durationOf(within ?? '1h'),
    backOffMs: durationOf(backOff ?? '1m'),
    longestBackOffMs: durationOf(longestBackOff ?? '1h'),
  }));
}

export function quotaComplaints({ quotas = [] }: PolicySource): Complaint[] {
  return quotas.flatMap(({ pending, asked, within }, index): Complaint[] => {
    const path = ['quotas', index];
    if (pending === undefined && asked === undefined) {
      const expected = '"pending", "asked", or both';
      return [{ path, found: 'a quota without a number', expected, remedy: 'say how many, as in "pending: 10"' }];
    }
    if (asked === undefined && within !== undefined) {
      const expected = '"asked", of which it is the time';
      return [{ path: [...path, 'within'], found: '"within" alone', expected, remedy: 'add "asked", or leave it out' }];
    }
    return [];
  });
}

/**
 * Versions of one layer share a quota, and the lower number counts.
 *
 * @param requesters whom the run acts as and for; each has a quota of their own, so that naming somebody else frees nobody
 */
export function quotasOf(
  policies: readonly { readonly layer: string; readonly policy: CompiledPolicy }[],
  call: { readonly workflowId: string; readonly tool: string; readonly requesters: readonly string[] },
): QuotaLimit[] {
  const byScope = new Map<string, QuotaLimit>();
  // One person has one quota, under whatever of their names.
  const people = peopleOf(
    policies.map(({ policy }) => policy),
    call.requesters,
  );
  const subjects = { run: [call.workflowId], tool: [call.tool], requester: people };
  for (const { layer, policy } of policies) {
    for (const quota of policy.quotas) {
      if (quota.tools && !quota.tools.some((pattern) => matchesTool(pattern, call.tool))) continue;
      for (const subject of new Set(subjects[quota.per])) add(byScope, limitOf(quota, layer, subject));
    }
  }
  // In one order for all, so that two requests that need the same rows never wait for each other.
  return [...byScope.values()].toSorted((a, b) => (a.scope < b.scope ? -1 : 1));
}

function limitOf({ per, tools = [], ...numbers }: CompiledQuota, layer: string, subject: string): QuotaLimit {
  const scope = JSON.stringify(['asks', per, subject, layer, numbers.withinMs, ...tools.toSorted()]);
  return { scope, rule: `quota-${per}`, ...numbers };
}

function add(byScope: Map<string, QuotaLimit>, limit: QuotaLimit): void {
  const before = byScope.get(limit.scope);
  byScope.set(limit.scope, before ? stricter(before, limit) : limit);
}

function stricter(one: QuotaLimit, other: QuotaLimit): QuotaLimit {
  return {
    ...one,
    pending: lower(one.pending, other.pending),
    asked: lower(one.asked, other.asked),
    backOffMs: Math.max(one.backOffMs, other.backOffMs),
    longestBackOffMs: Math.max(one.longestBackOffMs, other.longestBackOffMs),
  };
}

function lower(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
