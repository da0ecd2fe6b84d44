/**
 * A policy that was read, checked and made ready to decide with. Only `loadPolicy` makes one; holders read it.
 */
import type { ApprovalTerms } from '../core/contracts/approval.ts';
import type { Risk } from '../core/contracts/labels.ts';
import type { CompiledAllowlist, CompiledConstraint } from './argument-tests.ts';
import type { Condition, ConditionEngine } from './conditions.ts';
import type { ReadShell } from './functions/shell-facts.ts';
import type { Severity } from './schema-parts.ts';
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
  readonly callsPerMinute: number | undefined;
  readonly callsPerDay: number | undefined;
  readonly turns: number | undefined;
  readonly runTimeMs: number | undefined;
  readonly modelTokens: number | undefined;
  /** In the currency of the prices. */
  readonly modelCost: number | undefined;
  readonly concurrentRuns: number | undefined;
  /** UTF-8 bytes of the canonical arguments. */
  readonly argumentBytes: number;
  /** Of one tool, before the run ends. */
  readonly refusalsInARow: number | undefined;
}

/** What holds for the tools of a pattern. */
export interface CompiledTool {
  readonly pattern: string;
  readonly risk: Risk | undefined;
  readonly tags: readonly string[];
  readonly callsPerRun: number | undefined;
  readonly callsPerMinute: number | undefined;
  readonly callsPerDay: number | undefined;
  readonly argumentBytes: number | undefined;
  readonly constraints: readonly CompiledConstraint[];
}

/** How many approval requests may wait, or be asked in a time, of one run, tool or requester. */
export interface CompiledQuota {
  readonly per: 'run' | 'tool' | 'requester';
  /** Absent: any. */
  readonly tools: readonly string[] | undefined;
  readonly pending: number | undefined;
  readonly asked: number | undefined;
  readonly withinMs: number;
  readonly backOffMs: number;
  readonly longestBackOffMs: number;
}

export interface CompiledGroup {
  readonly claims: ReadonlySet<string>;
  readonly principals: ReadonlySet<string>;
  readonly roles: readonly string[];
}

/** By severity; `off` with the reason why its findings do not count. */
export type GuardVerdicts =
  | {
      readonly kind: 'verdicts';
      readonly bySeverity: ReadonlyMap<string, Effect>;
      /** Lowest severity that refuses a text at the other hook points; absent: as usual. */
      readonly block: Severity | undefined;
      /** Why more is let pass than without this entry; absent: it is not. */
      readonly acknowledge: string | undefined;
    }
  | { readonly kind: 'off'; readonly acknowledge: string };

export interface Relabelling {
  readonly tools: readonly string[];
  readonly argument: string;
  readonly values: ReadonlySet<unknown>;
}

/** When terms hold, and which do at any other time. */
export interface CompiledHours {
  readonly terms: string;
  readonly outside: string;
  readonly isWithin: (now: number) => boolean;
}

/** Only in the policy of an organisation. */
export interface CompiledLayers {
  /** Patterns of agents by team. */
  readonly teams: ReadonlyMap<string, readonly string[]>;
  readonly looseningNeedsTwo: boolean;
}

export interface CompiledPolicy {
  readonly version: 1;
  /** Each declared role with all it includes, itself too. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly principals: ReadonlyMap<string, readonly string[]>;
  readonly groups: ReadonlyMap<string, CompiledGroup>;
  /** Person by principal, of people who have several. */
  readonly people: ReadonlyMap<string, string>;
  readonly tools: readonly CompiledTool[];
  readonly rules: readonly CompiledRule[];
  readonly terms: ReadonlyMap<string, ApprovalTerms>;
  /** Of those terms that hold at some times only. */
  readonly hours: readonly CompiledHours[];
  /** `labels: { untrusted: allow }` for the whole file. */
  readonly allowsUntrusted: boolean;
  readonly relabel: readonly Relabelling[];
  /** Patterns of tools. */
  readonly trustedResults: readonly string[];
  readonly limits: PolicyLimits;
  readonly quotas: readonly CompiledQuota[];
  /** Of a million tokens, by model. */
  readonly prices: ReadonlyMap<string, { readonly input: number; readonly output: number }>;
  readonly guards: ReadonlyMap<string, GuardVerdicts>;
  readonly allowlists: readonly CompiledAllowlist[];
  readonly blocked: {
    readonly users: ReadonlySet<string>;
    /** Folded as `foldWords` does. */
    readonly words: readonly string[];
    readonly tools: readonly string[];
  };
  readonly require: { readonly risks: ReadonlySet<Risk>; readonly terms: ApprovalTerms | undefined } | undefined;
  readonly dryRunReads: 'describe' | 'run';
  readonly layers: CompiledLayers | undefined;
  /** Whether a condition reads `target`: it is then fetched. */
  readonly readsTarget: boolean;
  readonly conditions: ConditionEngine;
  readonly readShell: ReadShell | undefined;
}

/** `approvals.default`, or undefined when the policy has none. */
export function defaultTerms(policy: CompiledPolicy): ApprovalTerms | undefined {
  return policy.terms.get('default');
}
