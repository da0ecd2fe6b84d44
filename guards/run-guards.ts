/**
 * Runs the guards of one point in their order. The first one that fails ends it: a guard that throws, takes too long or
 * answers with something else than findings is a finding that refuses, and those behind it are not asked.
 */
import { z } from 'zod';
import { type Finding, findingSchema } from '../core/contracts/labels.ts';
import type { Guard, GuardInput, GuardPoint } from './define-guard.ts';

export type GuardRun =
  | { readonly kind: 'findings'; readonly findings: Finding[] }
  /** `findings` are those of the guards before it, and one that says which guard failed. */
  | {
      readonly kind: 'failed';
      readonly guard: string;
      readonly why: GuardFailure;
      readonly cause: unknown;
      readonly findings: Finding[];
    };

export type GuardFailure = 'threw' | 'timed-out' | 'cancelled' | 'no-findings';

/** The work's result, or why there is none. Given by the caller, because this folder keeps no time. */
export type Within = <T>(work: Promise<T>, timeoutMs: number) => Promise<Outcome<T>>;
export type Outcome<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'timed-out' | 'cancelled' };

const findingsSchema = z.array(findingSchema);

export async function runGuards(
  guards: readonly Guard[],
  point: GuardPoint,
  input: GuardInput,
  within: Within,
): Promise<GuardRun> {
  const findings: Finding[] = [];
  for (const guard of guards) {
    if (!guard.at.includes(point)) continue;
    try {
      const outcome = await within((async () => guard.check(input))(), guard.timeoutMs);
      if (outcome.kind !== 'done') return failed(guard, outcome.kind, undefined, findings);
      const found = findingsSchema.safeParse(outcome.value);
      if (!found.success) return failed(guard, 'no-findings', found.error, findings);
      // A guard speaks for itself only.
      findings.push(...found.data.map((finding) => ({ ...finding, guard: guard.id })));
    } catch (error) {
      return failed(guard, 'threw', error, findings);
    }
  }
  return { kind: 'findings', findings };
}

const messages: Readonly<Record<GuardFailure, string>> = {
  threw: 'the guard failed',
  'timed-out': 'the guard timed out',
  cancelled: 'the guard was cancelled',
  'no-findings': 'the guard answered with something else than findings',
};

/** The cause is kept for whoever logs it; the finding says nothing of it, since it may hold what was checked. */
function failed({ id }: Guard, why: GuardFailure, cause: unknown, before: Finding[]): GuardRun {
  const finding: Finding = {
    guard: id,
    rule: 'guard-failed',
    severity: 'critical',
    message: messages[why],
    remedy: 'correct the guard; until then what it guards is refused',
  };
  return { kind: 'failed', guard: id, why, cause, findings: [...before, finding] };
}
