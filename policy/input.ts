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
  };
  readonly environment: string;
  /** Labels of the run's context. */
  readonly labels: readonly string[];
  readonly findings: readonly { readonly guard: string; readonly severity: string }[];
  /** Denials by persons in this run. */
  readonly denials: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

const whole = z.int().min(0);
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
  run: z.object({
    agent: z.string(),
    turn: whole,
    calls: whole,
    callsInTurn: whole,
    dryRun: z.boolean(),
    epoch: whole,
  }),
  environment: z.string(),
  labels: z.array(z.string()),
  findings: z.array(z.object({ guard: z.string(), severity: z.string() })),
  denials: whole,
  now: whole,
});

/** A JSON object: a Map or an instance would show a condition nothing of what it holds. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
