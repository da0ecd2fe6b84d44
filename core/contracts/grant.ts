/**
 * A grant: a standing approval of calls like one that was asked for. It is the gateway's signed record of what was proposed;
 * it stands only while enough people's signed votes name its digest, and it allows nothing by itself: each covered call goes
 * through the whole gate. Pure shapes; whether a grant covers a call is in `core/grant/`.
 */
import { z } from 'zod';
import { approvalTermsSchema } from './approval.ts';
import {
  agentNameSchema,
  callKeySchema,
  digestSchema,
  grantIdSchema,
  nonceSchema,
  principalSchema,
  timestampSchema,
  toolNameSchema,
  workflowIdSchema,
} from './ids.ts';
import { labelSchema, riskSchema } from './labels.ts';

/** RFC 8785 text of one value. */
const canonicalTextSchema = z.string().min(1).max(20_000);
export const globSchema = z.string().min(1).max(512);

/** What one argument may be. `like`: a text, see `core/grant/match-text.ts` for what a wildcard stands for. */
export const argumentPatternSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exactly'), json: canonicalTextSchema }),
  z.strictObject({ kind: z.literal('one-of'), json: z.array(canonicalTextSchema).min(1).max(50) }),
  z.strictObject({ kind: z.literal('like'), globs: z.array(globSchema).min(1).max(20) }),
]);
export type ArgumentPattern = z.infer<typeof argumentPatternSchema>;

export const argumentNameSchema = z.string().min(1).max(200);
export const mostUses = 1000;

export const grantSchema = z.strictObject({
  grantId: grantIdSchema,
  proposedBy: principalSchema,
  agent: agentNameSchema,
  environment: z.string(),
  /** `run`: calls of the run of the request alone. */
  scope: z.enum(['run', 'agent']),
  /** Another definition of the tool is another tool. */
  tool: z.strictObject({ name: toolNameSchema, definitionDigest: digestSchema }),
  /** Every argument that a covered call has, and no other. */
  arguments: z.record(argumentNameSchema, argumentPatternSchema),
  /** Ids of the rules that asked. A call that another rule asks about is not covered. */
  rules: z.array(z.string().min(1).max(200)).min(1).max(100),
  /** What the context of a covered call may carry at most. */
  labels: z.array(labelSchema),
  /** The highest risk that is covered. */
  risk: riskSchema,
  uses: z.int().min(1).max(mostUses),
  grantedAt: timestampSchema,
  expiresAt: timestampSchema,
  /** The request whose votes are the grant's, so that they can be judged without it. */
  request: z.strictObject({
    workflowId: workflowIdSchema,
    callKey: callKeySchema,
    approvalId: z.string().min(1),
    nonce: nonceSchema,
    askDigest: digestSchema,
    cardDigest: digestSchema,
    termsDigest: digestSchema,
    terms: approvalTermsSchema,
    askedAt: timestampSchema,
    deadlineAt: timestampSchema,
  }),
});
export type Grant = z.infer<typeof grantSchema>;

/** In a permit: the grant that it rests on, and which use of it this is. */
export const grantedBySchema = z.strictObject({
  grantId: grantIdSchema,
  grantDigest: digestSchema,
  /** Of the request that the votes are about. */
  nonce: nonceSchema,
  voteDigests: z.array(digestSchema).min(1),
  /** From 1; counted once for a call and try. */
  use: z.int().min(1).max(mostUses),
  executeByAt: timestampSchema,
});
export type GrantedBy = z.infer<typeof grantedBySchema>;
