/**
 * A call as people and programs write it in a case or on a line, and the call that a policy is asked about. What is left
 * out has one meaning each, written here; unknown keys are refused, because a mistyped one would change the question.
 */
import { z } from 'zod';
import { riskSchema } from '../../core/contracts/labels.ts';
import { type EffectClass, effectClassSchema } from '../../core/contracts/tool.ts';
import type { PolicyInput } from '../input.ts';
import { isPlainObject } from '../input.ts';
import { severities } from '../schema-parts.ts';

const count = z.int().min(0);
const texts = z.array(z.string());
const args = z.custom<Record<string, unknown>>(isPlainObject, 'a map of arguments');
const time = z.union([
  count,
  z
    .string()
    .refine(
      (text) => /^\d{4}-\d\d-\d\dT/u.test(text) && !Number.isNaN(Date.parse(text)),
      'milliseconds or an ISO 8601 time',
    ),
]);

const runSourceSchema = z.strictObject({
  agent: z.string().optional().describe('Absent: agent'),
  turn: count.optional().describe('Absent: 1'),
  calls: count.optional().describe('Admitted before this one; absent: 0'),
  callsInTurn: count.optional().describe('Absent: 0'),
  callsByTool: z.record(z.string(), count).optional().describe('Absent: none'),
  ageSeconds: count.optional().describe('Absent: 0'),
  usage: z
    .array(z.strictObject({ model: z.string(), input: count, output: count }))
    .optional()
    .describe('Tokens by model; absent: none'),
  dryRun: z.boolean().optional(),
  epoch: count.optional().describe('Above 0 after a reset'),
  depth: count.optional(),
  openRunsBefore: count.optional(),
  deniedTools: texts.optional(),
});

/** What is around a call. */
const contextShape = {
  principal: z.string().min(1).optional().describe('Absent: nobody'),
  roles: texts.optional().describe('As the identity claims them; absent: none'),
  onBehalfOf: z.string().min(1).nullable().optional(),
  environment: z.string().optional().describe('Absent: production'),
  labels: texts.optional().describe('Of the context; absent: none'),
  argumentLabels: z.record(z.string(), texts).optional().describe('Absent: those of the context'),
  findings: z
    .array(z.strictObject({ guard: z.string(), rule: z.string().optional(), severity: z.enum(severities) }))
    .optional(),
  run: runSourceSchema.optional(),
  denials: count.optional().describe('Denials by persons in the run; absent: 0'),
  target: z.strictObject({ state: z.unknown() }).optional().describe('Absent: nothing was read of the target yet'),
  now: time.optional().describe('Milliseconds since the Unix epoch or an ISO 8601 time'),
};
export const contextSourceSchema = z.strictObject(contextShape);
export type ContextSource = z.infer<typeof contextSourceSchema>;

export const callSourceSchema = z.strictObject({
  tool: z.string().min(1),
  effect: effectClassSchema.optional().describe('Absent: as the tool is known, else effect'),
  risk: riskSchema.nullable().optional().describe('As the tool states it'),
  tags: texts.optional(),
  args: args.optional().describe('Absent: none'),
  ...contextShape,
});
export type CallSource = z.infer<typeof callSourceSchema>;

/** A tool as far as a case need not say it again. */
export interface KnownTool {
  readonly name: string;
  readonly effect: EffectClass;
  readonly risk: PolicyInput['tool']['risk'];
  readonly tags: readonly string[];
}

export interface CallDefaults {
  readonly tools?: ReadonlyMap<string, KnownTool>;
  /** Ms since the Unix epoch, where the call does not say when. */
  readonly now: number;
}

export function policyInputOf(call: CallSource, defaults: CallDefaults): PolicyInput {
  const known = defaults.tools?.get(call.tool);
  const { run = {}, target } = call;
  return {
    principal: { id: call.principal ?? 'nobody', roles: call.roles ?? [] },
    onBehalfOf: call.onBehalfOf ?? null,
    tool: {
      name: call.tool,
      effect: call.effect ?? known?.effect ?? 'effect',
      risk: call.risk ?? known?.risk ?? null,
      tags: call.tags ?? known?.tags ?? [],
    },
    args: call.args ?? {},
    run: {
      agent: run.agent ?? 'agent',
      turn: run.turn ?? 1,
      calls: run.calls ?? 0,
      callsInTurn: run.callsInTurn ?? 0,
      callsByTool: run.callsByTool ?? {},
      ageMs: (run.ageSeconds ?? 0) * 1000,
      usage: run.usage ?? [],
      dryRun: run.dryRun ?? false,
      epoch: run.epoch ?? 0,
      depth: run.depth ?? 0,
      openRunsBefore: run.openRunsBefore ?? 0,
      deniedTools: run.deniedTools ?? [],
    },
    environment: call.environment ?? 'production',
    labels: call.labels ?? [],
    ...(call.argumentLabels ? { argumentLabels: call.argumentLabels } : {}),
    findings: call.findings ?? [],
    ...(target ? { target: { state: target.state } } : {}),
    denials: call.denials ?? 0,
    now: typeof call.now === 'string' ? Date.parse(call.now) : (call.now ?? defaults.now),
  };
}
