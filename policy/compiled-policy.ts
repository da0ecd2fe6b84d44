/**
 * A policy that was read, checked and made ready to decide with. Only `loadPolicy` makes one; holders read it.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import type { Risk } from '../core/contracts/labels.ts';
import type { Condition, ConditionEngine } from './conditions.ts';
import type { Effect } from './verdict.ts';

export interface CompiledRule {
  readonly id: string;
  readonly title: string | undefined;
  readonly reason: string;
  readonly effect: Effect;
  readonly tools: readonly string[];
  /** Absent: anybody. */
  readonly roles: readonly string[] | undefined;
  /** Absent: any. */
  readonly environments: readonly string[] | undefined;
  /** Absent: always. */
  readonly condition: Condition | undefined;
  /** Its own terms, else the default ones; absent when the policy has neither. */
  readonly terms: ApprovalTerms | undefined;
  /** Whether it still allows after untrusted content was read. */
  readonly allowsUntrusted: boolean;
}

/** Absent numbers: no limit by the policy (a run's ticket has its own). */
export interface PolicyLimits {
  readonly callsPerRun: number | undefined;
  readonly callsPerTurn: number | undefined;
  readonly turns: number | undefined;
  /** UTF-8 bytes of the canonical arguments. */
  readonly argumentBytes: number;
  /** Of one tool, before the run ends. */
  readonly refusalsInARow: number | undefined;
}

export interface CompiledPolicy {
  readonly version: 1;
  /** Each declared role with all it includes, itself too. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly principals: ReadonlyMap<string, readonly string[]>;
  readonly toolRisks: readonly { readonly pattern: string; readonly risk: Risk }[];
  readonly rules: readonly CompiledRule[];
  readonly terms: ReadonlyMap<string, ApprovalTerms>;
  /** `labels: { untrusted: allow }` for the whole file. */
  readonly allowsUntrusted: boolean;
  readonly limits: PolicyLimits;
  readonly conditions: ConditionEngine;
}

/** `approvals.default`, or undefined when the policy has none. */
export function defaultTerms(policy: CompiledPolicy): ApprovalTerms | undefined {
  return policy.terms.get('default');
}
