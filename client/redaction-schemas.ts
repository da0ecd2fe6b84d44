/** What the gateway answers about redactions that are kept. */
import { z } from 'zod';
import { principalSchema, timestampSchema } from '../core/contracts/ids.ts';
import { markSchema, redactionOutcomes } from '../core/contracts/redaction.ts';

export const redactionListSchema = z.strictObject({
  redactions: z
    .array(
      z.strictObject({
        mark: markSchema,
        keyId: z.string().describe('Of the key it is kept under'),
        keptAt: timestampSchema,
      }),
    )
    .describe('A line for each secret that is kept; without the secrets'),
  keyId: z.string().nullable().describe('Of the key this gateway holds; null: none'),
  reads: z
    .array(
      z.strictObject({
        mark: markSchema,
        outcome: z.enum(redactionOutcomes),
        by: principalSchema,
        reason: z.string(),
        readAt: timestampSchema,
      }),
    )
    .describe('Who was shown one of them, or asked in vain; the first one first'),
});
export type RedactionList = z.infer<typeof redactionListSchema>;

export const readRedactionRequestSchema = z.strictObject({
  reason: z.string().trim().min(1).max(500).describe('Why you need it; kept in the record'),
});

export const redactionShownSchema = z.strictObject({
  mark: markSchema,
  secrets: z.array(z.string()).describe('What was taken out; more than one where secrets share a mark'),
  underOtherKeys: z.int().describe('Others of this mark that this gateway has no key for'),
});
export type RedactionShown = z.infer<typeof redactionShownSchema>;
