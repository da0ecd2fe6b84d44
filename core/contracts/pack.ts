/** The agent pack as it is stored and digested: what a run pins. Tools are as loaded; see contracts.md §5. */
import { z } from 'zod';
import { agentNameSchema, digestSchema, toolNameSchema } from './ids.ts';
import { labelSchema } from './labels.ts';
import { runLimitsSchema } from './ticket.ts';

export const modelSettingsSchema = z.strictObject({
  api: z.enum(['responses', 'chat-completions']).default('responses').describe('Which OpenAI API the provider speaks'),
  name: z.string().min(1).max(200).describe('Model name as the provider knows it'),
  maxOutputTokens: z.int().min(1).max(1_000_000).default(8192),
  requestTimeoutMs: z.int().min(1000).default(120_000),
});
export type ModelSettings = z.infer<typeof modelSettingsSchema>;

export const packBodySchema = z.strictObject({
  name: agentNameSchema,
  instructions: z.string().min(1).max(100_000),
  model: modelSettingsSchema,
  limits: runLimitsSchema,
  environment: z.string().min(1).max(64),
  inputLabels: z.array(labelSchema),
  tools: z.array(z.strictObject({ name: toolNameSchema, definitionDigest: digestSchema })),
  policyDigest: digestSchema,
});
export type PackBody = z.infer<typeof packBodySchema>;
