/**
 * What a policy is asked about: one call and what is known around it. The gate fills it from the ticket, the store and
 * the guards; nothing in it may come from the model but `args`. What does not fit the shape is denied, never guessed.
 */
import { z } from 'zod';
import type { Risk } from '../core/contracts/labels.ts';
import { riskSchema } from '../core/contracts/labels.ts';
import type { EffectClass } from '../core/contracts/tool.ts';
import { effectClassSchema } from '../core/contracts/tool.ts';
import { toolNamePattern } from './tool-pattern.ts';

export interface PolicyInput {
  /** Roles as the identity claims them; the policy adds its own. */
  readonly principal: { readonly id: string; readonly roles: readonly string[] };
  /** Null: nobody but the principal. */
  readonly onBehalfOf: string | null;
  readonly tool: {
    readonly name: string;
    readonly effect: EffectClass;
    readonly tags: readonly string[];
    /** As the tool's definition states it; it can raise the risk, never lower it. */
    readonly risk?: Risk | null;
  };
  /** The checked arguments, a JSON object. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Of their canonical form, where the caller has it; absent: measured. */
  readonly argumentBytes?: number | undefined;
  readonly run: {
    readonly agent: string;
    /** 1 for the first turn. */
    readonly turn: number;
    /** Calls of the run admitted before this one. */
    readonly calls: number;
    /** Calls of this turn admitted before this one. */
    readonly callsInTurn: number;
    readonly dryRun: boolean;
    /** Run epoch: above 0 after a reset. */
    readonly epoch: number;
    /** Calls of the run admitted before this one, by tool; a tool that is not here was not called. */
    readonly callsByTool?: Readonly<Record<string, number>> | undefined;
    /** Milliseconds since the run was opened. */
    readonly ageMs?: number | undefined;
    /** What its model calls took so far. */
    readonly usage?: readonly ModelUsage[] | undefined;
    /** 0: started by a person or a program, not by another run. */
    readonly depth?: number | undefined;
    /** Open runs of the same principal that were opened before this one. */
    readonly openRunsBefore?: number | undefined;
    /** Tools of which a person denied a call in this run. */
    readonly deniedTools?: readonly string[] | undefined;
  };
  readonly environment: string;
  /** Labels of the run's context. */
  readonly labels: readonly string[];
  /** Labels of single arguments, where more is known of them; absent: those of the context. */
  readonly argumentLabels?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly findings: readonly GuardFinding[];
  /** What was read of the target; absent: nothing was read yet. The effect never starts before that. */
  readonly target?: { readonly state: unknown } | undefined;
  /** Denials by persons in this run. */
  readonly denials: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

export interface GuardFinding {
  readonly guard: string;
  readonly rule?: string | undefined;
  readonly severity: string;
  /** What was found, without the thing found. */
  readonly message?: string | undefined;
}

export interface ModelUsage {
  readonly model: string;
  readonly input: number;
  readonly output: number;
}

const whole = z.int().min(0);
const labels = z.array(z.string());
export const policyInputSchema = z.object({
  principal: z.object({ id: z.string().min(1), roles: z.array(z.string()) }),
  onBehalfOf: z.string().nullable(),
  tool: z.object({
    name: z.string().regex(toolNamePattern),
    effect: effectClassSchema,
    tags: z.array(z.string()),
    risk: riskSchema.nullish(),
  }),
  args: z.custom<Record<string, unknown>>(isPlainObject),
  argumentBytes: whole.optional(),
  run: z.object({
    agent: z.string(),
    turn: whole,
    calls: whole,
    callsInTurn: whole,
    dryRun: z.boolean(),
    epoch: whole,
    callsByTool: z.record(z.string(), whole).optional(),
    ageMs: whole.optional(),
    usage: z.array(z.object({ model: z.string(), input: whole, output: whole })).optional(),
    depth: whole.optional(),
    openRunsBefore: whole.optional(),
    deniedTools: z.array(z.string()).optional(),
  }),
  environment: z.string(),
  labels,
  argumentLabels: z.record(z.string(), labels).optional(),
  findings: z.array(
    z.object({ guard: z.string(), rule: z.string().optional(), severity: z.string(), message: z.string().optional() }),
  ),
  target: z.object({ state: z.unknown() }).optional(),
  denials: whole,
  now: whole,
});

/** A JSON object: a Map or an instance would show a condition nothing of what it holds. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
