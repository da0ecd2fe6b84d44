/**
 * Who was told of an approval request, who looked and who answered it, as the gateway shows it, and what it cannot show. Nothing in
 * here decides anything.
 */
import { z } from 'zod';
import { channelSchema, voteVerdictSchema } from '../core/contracts/approval.ts';
import { lookSchema } from '../core/contracts/look.ts';
import { principalSchema, timestampSchema } from '../core/contracts/ids.ts';
import { tellingSchema } from '../core/contracts/telling.ts';

export const castVoteViewSchema = z.strictObject({
  principal: principalSchema,
  verdict: voteVerdictSchema,
  castAt: timestampSchema,
  channel: channelSchema.describe('Where it was answered from'),
  authenticated: z
    .string()
    .describe('How its voter was authenticated: the key, what stood for it, and how it was confirmed afresh'),
  uncounted: z
    .string()
    .optional()
    .describe('Of an approval that counts for nothing by now: why. The gate judges again'),
});

const { principal, verdict, castAt, channel } = castVoteViewSchema.shape;
/** What somebody had answered who answers again. */
export const firstAnswerSchema = z.strictObject({ principal, verdict, castAt, channel });
export type FirstAnswer = z.infer<typeof firstAnswerSchema>;

export const lookViewSchema = z.strictObject({
  ...lookSchema.omit({ nonce: true, authenticated: true }).shape,
  authenticated: z.string().describe('How, at the last time, in words'),
});

export const toldViewSchema = z.strictObject({
  channel: z.string(),
  at: timestampSchema.nullable().describe('Null: not told yet'),
  remindedAt: timestampSchema.nullable(),
  problem: z.string().nullable(),
  moments: z
    .array(tellingSchema.omit({ nonce: true, channel: true }))
    .describe('Each time that it told people, or gave up, earliest first, and whom it reaches; of the review, too'),
});

/** A request that nobody can answer and whose call does not run: somebody changed a row of it in the database. */
const unreadableRequestSchema = z.strictObject({
  nonce: z.string(),
  approvalId: z.string(),
  workflowId: z.string(),
  part: z.enum(['request', 'vote', 'run']).describe('Which of its rows'),
  problem: z.string().describe('In words'),
});
export type UnreadableRequest = z.infer<typeof unreadableRequestSchema>;
export const unreadableListSchema = z
  .array(unreadableRequestSchema)
  .min(1)
  .describe(
    'Requests of which somebody changed a row in the database, by what their columns say: nobody can answer them; absent: none',
  );
