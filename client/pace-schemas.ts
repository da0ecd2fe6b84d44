/** What the gateway's HTTP API gives about how fast people approve, version 1. Times are ms since the Unix epoch, spans ms. */
import { z } from 'zod';
import { principalSchema, timestampSchema } from '../core/contracts/ids.ts';

export const approvalPaceSchema = z.strictObject({
  from: timestampSchema.describe('Of approvals cast from then on'),
  complete: z.boolean().describe('False: there were more, and the oldest are left out'),
  approvers: z
    .array(
      z.strictObject({
        principal: principalSchema,
        approvals: z.int().min(1),
        medianMs: z.int().describe('From the request to the vote'),
        tooSoon: z
          .int()
          .min(0)
          .describe('Cast within 2 s of when the request was asked, or of when this person was first shown the card'),
      }),
    )
    .describe('Whoever approved most too soon first'),
});
export type ApprovalPaceView = z.infer<typeof approvalPaceSchema>;
