/**
 * What a system sends to answer an approval request, version 1. Who sends it and whether it is fresh is in its headers, signed
 * as the Standard Webhooks specification says. Unknown keys are refused. Times are ms since the Unix epoch.
 */
import { z } from 'zod';
import { digestSchema, nonceSchema, timestampSchema } from '../core/contracts/ids.ts';
import { voteVerdictSchema } from '../core/contracts/approval.ts';
import { grantRequestSchema } from './grant-schemas.ts';
import { keyIdSchema } from './key-schemas.ts';

/** What is said of a request; a person who signs it signs its RFC 8785 form. */
export const webhookStatementSchema = z.strictObject({
  sender: keyIdSchema.describe('The key that the delivery is signed with: another sender cannot pass the statement on'),
  nonce: nonceSchema.describe('Of the approval request'),
  askDigest: digestSchema,
  cardDigest: digestSchema.describe('Of the card that was seen'),
  verdict: voteVerdictSchema.extract(['approve', 'deny']),
  reason: z.string().max(2000).nullable(),
  confirmation: z
    .string()
    .max(200)
    .optional()
    .describe('What the person typed to confirm it, where its terms require that'),
  stop: z.literal(true).optional().describe('With a denial: the run ends, too'),
  grant: grantRequestSchema
    .optional()
    .describe("With an approval that carries a person's own signature: what is approved besides this call"),
  answeredAt: timestampSchema.describe('When it was said: at most five minutes ago'),
});
export type WebhookStatement = z.infer<typeof webhookStatementSchema>;

export const webhookAnswerSchema = z.strictObject({
  type: z.literal('approval.answer'),
  data: webhookStatementSchema,
  person: z
    .strictObject({
      keyId: keyIdSchema.describe('Of their signing key'),
      signature: z
        .string()
        .regex(/^[A-Za-z0-9+/]{86}==$/)
        .describe('Ed25519 over "countersign/v1/answer\\n" and the RFC 8785 form of `data`, base64'),
    })
    .optional()
    .describe(
      'Whose answer it is. Absent: that of the bearer of the API key in Authorization, else that of the sender',
    ),
});
export type WebhookAnswer = z.infer<typeof webhookAnswerSchema>;

export const webhookHeadersSchema = z.looseObject({
  'countersign-key': z.string().describe('Id of the key that it is signed with'),
  'webhook-id': z.string().describe('The same for each repetition of one answer: 1 to 64 of A-Z a-z 0-9 _ -'),
  'webhook-timestamp': z.string().describe('Seconds since the Unix epoch, at most five minutes off'),
  'webhook-signature': z
    .string()
    .describe(
      '`v1a,` and the base64 of Ed25519 over id, timestamp and body, with dots between; up to five, with blanks between',
    ),
  authorization: z.string().optional().describe("Bearer and a person's API key, where it is that person's answer"),
});
