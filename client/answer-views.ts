/** Who was told of an approval request and who answered it, as the gateway shows it. Nothing in here decides anything. */
import { z } from 'zod';
import { channelSchema, voteVerdictSchema } from '../core/contracts/approval.ts';
import { principalSchema, timestampSchema } from '../core/contracts/ids.ts';

export const castVoteViewSchema = z.strictObject({
  principal: principalSchema,
  verdict: voteVerdictSchema,
  castAt: timestampSchema,
  channel: channelSchema.describe('Where it was answered from'),
  authenticated: z
    .string()
    .describe('How its voter was authenticated: the key, what stood for it, and how it was confirmed afresh'),
});

export const toldViewSchema = z.strictObject({
  channel: z.string(),
  at: timestampSchema.nullable().describe('Null: not told yet'),
  remindedAt: timestampSchema.nullable(),
  problem: z.string().nullable(),
});
