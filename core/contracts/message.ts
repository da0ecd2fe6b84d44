/**
 * Messages of a run's transcript. Everything in here is untrusted to the gate; provider items (opaque reasoning) are kept
 * so that the provider gets back what it sent.
 */
import { z } from 'zod';
import { labelSchema } from './labels.ts';

export const modelCallSchema = z.strictObject({
  /** The provider's id of the call; echoed back with its result. */
  id: z.string().min(1).max(200),
  /** As the model wrote it: not yet checked. */
  name: z.string().max(200),
  /** As the model wrote it: not yet parsed. */
  argumentsText: z.string(),
});
export type ModelCall = z.infer<typeof modelCallSchema>;

export const assistantMessageSchema = z.strictObject({
  role: z.literal('assistant'),
  text: z.string(),
  calls: z.array(modelCallSchema),
  /** Provider items to send back unread (reasoning), in order. */
  opaque: z.array(z.unknown()),
});
export const toolMessageSchema = z.strictObject({
  role: z.literal('tool'),
  callId: z.string(),
  tool: z.string(),
  text: z.string(),
  labels: z.array(labelSchema),
});
export const messageSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), text: z.string(), labels: z.array(labelSchema) }),
  assistantMessageSchema,
  toolMessageSchema,
  z.strictObject({
    role: z.literal('summary'),
    text: z.string(),
    labels: z.array(labelSchema),
    covers: z.int().min(1),
  }),
]);
export type Message = z.infer<typeof messageSchema>;
export type AssistantMessage = z.infer<typeof assistantMessageSchema>;

export const tokenUsageSchema = z.strictObject({
  input: z.int().min(0),
  output: z.int().min(0),
  cachedInput: z.int().min(0),
});
export type TokenUsage = z.infer<typeof tokenUsageSchema>;
