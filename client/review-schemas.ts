/** What the gateway's HTTP API takes and gives about reviews of break-glass, version 1. Times are ms since the Unix epoch. */
import { z } from 'zod';
import { channelSchema } from '../core/contracts/approval.ts';
import { reviewFindingSchema } from '../core/contracts/control.ts';
import {
  agentNameSchema,
  callKeySchema,
  nonceSchema,
  principalSchema,
  roleSchema,
  timestampSchema,
  toolNameSchema,
  workflowIdSchema,
} from '../core/contracts/ids.ts';
import { riskSchema } from '../core/contracts/labels.ts';
import { showsSomething } from '../core/shows-something.ts';

export const reviewViewSchema = z.strictObject({
  nonce: nonceSchema.describe('Of the request that was answered alone'),
  approvalId: z.string(),
  workflowId: workflowIdSchema,
  callKey: callKeySchema,
  tool: toolNameSchema,
  agent: agentNameSchema,
  environment: z.string(),
  risk: riskSchema,
  text: z.string().describe('The card that was answered: plain text, hidden characters escaped'),
  by: principalSchema.describe('Whoever broke the glass'),
  role: roleSchema.describe('By which they did'),
  reason: z.string().describe('What they gave as the reason; a text of theirs'),
  castAt: timestampSchema,
  channel: z.string(),
  authenticated: z.string().describe('How they were authenticated, and how they confirmed it'),
  dueAt: timestampSchema,
  overdue: z.boolean().describe('Open, and past its time: they cannot break the glass again before it is signed'),
  state: z.enum(['open', 'signed']),
  needed: z.int().min(1).describe('How many others must sign'),
  signatures: z.array(
    z.strictObject({
      principal: principalSchema,
      finding: reviewFindingSchema,
      reason: z.string(),
      signedAt: timestampSchema,
      channel: channelSchema.describe('Where it was signed'),
    }),
  ),
  couldAnswer: z.array(principalSchema).nullable().describe('Who could have answered the request when it was asked'),
  you: z.strictObject({ maySign: z.boolean(), reason: z.string().nullable().describe('Why not') }),
});
export type ReviewView = z.infer<typeof reviewViewSchema>;

export const reviewListSchema = z.strictObject({
  reviews: z.array(reviewViewSchema),
  open: z.int().min(0).describe('How many are open in all'),
});
export type ReviewList = z.infer<typeof reviewListSchema>;

export const signReviewRequestSchema = z.strictObject({
  finding: reviewFindingSchema.describe('Either closes a review, once two people have signed'),
  reason: z.string().trim().min(1).max(2000).refine(showsSomething, 'expected a reason that can be read'),
  /** Others are for the gateway to say: a session of the inbox is always `web`. */
  channel: channelSchema.extract(['api', 'terminal']).optional().describe('Absent: api'),
});
export type SignReviewRequest = z.infer<typeof signReviewRequestSchema>;
