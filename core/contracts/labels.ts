/** Labels say where a value came from. They only accumulate in a run; nothing but the policy can weigh them lighter. */
import { z } from 'zod';

export const labelSchema = z.enum(['operator', 'untrusted', 'secret']);
export type Label = z.infer<typeof labelSchema>;

export const findingSchema = z.strictObject({
  guard: z.string().min(1).max(64),
  rule: z.string().min(1).max(64),
  severity: z.enum(['info', 'low', 'medium', 'high', 'critical']),
  /** What was found, without the thing found: a message never repeats a secret. */
  message: z.string().max(500),
  /** Character offsets in the checked text, end exclusive. */
  span: z.strictObject({ start: z.int().min(0), end: z.int().min(0) }).optional(),
  remedy: z.string().max(300).optional(),
  /** The argument it is about, as a JSON pointer (RFC 6901). */
  argument: z.string().max(200).optional(),
});
export type Finding = z.infer<typeof findingSchema>;

export const riskSchema = z.enum(['low', 'medium', 'high', 'critical']);
export type Risk = z.infer<typeof riskSchema>;
