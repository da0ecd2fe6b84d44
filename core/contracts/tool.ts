/**
 * What a tool is, to the gate and to approvers. The definition's digest is in every permit: a tool that changed between
 * the ask and the run is another tool.
 */
import { z } from 'zod';
import { digestSchema, toolNameSchema } from './ids.ts';
import { labelSchema, riskSchema } from './labels.ts';

export const effectClassSchema = z.enum(['read', 'idempotent', 'effect']);
/** `read` changes nothing; `idempotent` may be repeated with the same result; `effect` happens again each time. */
export type EffectClass = z.infer<typeof effectClassSchema>;

export const toolDefinitionSchema = z.strictObject({
  name: toolNameSchema,
  description: z.string().max(4000),
  /** JSON Schema 2020-12 of the arguments. */
  parameters: z.record(z.string(), z.unknown()),
  effect: effectClassSchema,
  /** Null: the policy derives it. */
  risk: riskSchema.nullable(),
  tags: z.array(z.string().max(64)),
  /** Labels that every result of this tool carries, besides `untrusted`, which only policies take away. */
  resultLabels: z.array(labelSchema),
  /** Longest execution, ms. */
  startToCloseMs: z.int().min(100),
  /** Valid votes that `run-tool` itself must see, besides the permit; 0 for none. */
  votesDemanded: z.int().min(0).max(20),
  /** Names of arguments that a shell will read: guards classify what is in them. Absent: none. */
  commandArguments: z.array(z.string().min(1).max(64)).min(1).max(10).optional(),
  /** For approvers, in the author's words: what a call can hit, and how its effect is undone. Absent: not said. */
  blastRadius: z.string().min(1).max(400).optional(),
  undo: z.string().min(1).max(400).optional(),
  hasProbe: z.boolean(),
  hasTargetState: z.boolean(),
  /** Absent: it has none. */
  hasDryRun: z.literal(true).optional(),
  /** Digest of the code the tool was loaded from. */
  moduleDigest: digestSchema,
});
export type ToolDefinition = z.infer<typeof toolDefinitionSchema>;
