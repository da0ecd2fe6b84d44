/** What the gateway's HTTP API takes and gives about grants, version 1. Times are ms since the Unix epoch, durations ms. */
import { z } from 'zod';
import { argumentNameSchema, globSchema, mostUses } from '../core/contracts/grant.ts';
import {
  callKeySchema,
  digestSchema,
  grantIdSchema,
  nonceSchema,
  principalSchema,
  timestampSchema,
  workflowIdSchema,
} from '../core/contracts/ids.ts';
import { labelSchema, riskSchema } from '../core/contracts/labels.ts';

const scalar = z.union([z.string().max(5000), z.number(), z.boolean(), z.null()]);
const proposedPatternSchema = z.union([
  z.strictObject({ oneOf: z.array(scalar).min(1).max(50).describe('Any of these values') }),
  z.strictObject({ like: z.array(globSchema).min(1).max(20).describe('A text like one of these patterns') }),
]);

export const proposedGrantSchema = z.strictObject({
  arguments: z
    .record(argumentNameSchema, proposedPatternSchema)
    .optional()
    .describe('Of the arguments that may differ; all others must be exactly those of the request'),
  uses: z.int().min(1).max(mostUses).describe('How many calls it covers'),
  ttlMs: z.int().min(1000).describe('How long it stands'),
  scope: z.enum(['run', 'agent']).optional().describe('`agent`: also other runs of the agent; absent: run'),
  labels: z
    .array(labelSchema)
    .max(3)
    .optional()
    .describe('What the context of a covered call may carry at most; absent: what that of the request carries'),
  risk: riskSchema.optional().describe('The highest risk it covers; absent: that of the request'),
});
export type ProposedGrant = z.infer<typeof proposedGrantSchema>;

/** With an approval: what is granted besides, newly proposed or as somebody proposed it before. */
export const grantRequestSchema = z.union([
  z.strictObject({
    propose: proposedGrantSchema,
    shown: digestSchema
      .optional()
      .describe(
        '`coverageDigest` of the preview that the person saw: a grant of anything else is refused. A session must send it',
      ),
  }),
  z.strictObject({
    sign: digestSchema.describe('Digest of a grant that was proposed for this request, as it was shown'),
  }),
]);
export type GrantRequest = z.infer<typeof grantRequestSchema>;

/** What an approval may be given as. */
export const grantCapViewSchema = z.strictObject({
  ttlMs: z.int(),
  uses: z.int(),
  risk: riskSchema,
  scope: z.enum(['run', 'agent']),
});

const grantLinesSchema = z
  .array(z.strictObject({ label: z.string(), text: z.string() }))
  .describe('What it covers, in words: one line each, hidden characters escaped; plain text');

export const grantPreviewRequestSchema = z.strictObject({
  grant: grantRequestSchema,
  cardDigest: digestSchema.optional().describe('Of the card that was seen. May be sent as `If-Match` instead'),
  channel: z.enum(['api', 'terminal']).optional().describe('From where it will be approved; absent: api'),
});
export type GrantPreviewRequest = z.infer<typeof grantPreviewRequestSchema>;
export const grantPreviewSchema = z.strictObject({
  coverageDigest: digestSchema.describe('Send it as `grant.shown` with the vote'),
  lines: grantLinesSchema,
  risk: riskSchema.describe('The highest that it covers: the vote is confirmed as that needs'),
  confirmation: z.string().nullable().describe('What the person types to approve it; null: nothing'),
});
export type GrantPreview = z.infer<typeof grantPreviewSchema>;

/** As its approvers see it beside the card. */
export const proposedGrantViewSchema = z.strictObject({
  grantId: grantIdSchema,
  grantDigest: digestSchema.describe('Send it as `grant.sign` to approve this grant as well'),
  proposedBy: principalSchema,
  approvals: z.array(principalSchema).describe('Who approved it so far'),
  takenBack: z.array(principalSchema).describe('Who had approved it, and took that back'),
  lines: grantLinesSchema,
});

export type ProposedGrantView = z.infer<typeof proposedGrantViewSchema>;

export const grantStates = ['proposed', 'standing', 'used-up', 'expired', 'revoked', 'void'] as const;
export const grantViewSchema = z.strictObject({
  ...proposedGrantViewSchema.shape,
  state: z
    .enum(grantStates)
    .describe('`void`: it did not get its votes in time, or lost them. A gate asks again for each call'),
  agent: z.string(),
  environment: z.string(),
  tool: z.string(),
  scope: z.enum(['run', 'agent']),
  workflowId: workflowIdSchema.describe('Run of the request that it was made with'),
  nonce: nonceSchema.describe('That request'),
  quorum: z.int().min(1),
  uses: z.int().min(1),
  grantedAt: timestampSchema,
  expiresAt: timestampSchema,
  used: z.array(
    z.strictObject({ number: z.int().min(1), callKey: callKeySchema, try: z.int().min(1), at: timestampSchema }),
  ),
  revoked: z.strictObject({ by: principalSchema, reason: z.string().nullable() }).nullable(),
});
export type GrantView = z.infer<typeof grantViewSchema>;

export const grantListSchema = z.strictObject({ grants: z.array(grantViewSchema) });
export const revokeGrantRequestSchema = z.strictObject({ reason: z.string().min(1).max(2000).optional() });
