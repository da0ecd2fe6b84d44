/**
 * What an approver is asked and answers: terms, card and vote. The ask itself is a signed decision (`decision.ts`).
 */
import { z } from 'zod';
import { signedSchema } from './envelope.ts';
import {
  callKeySchema,
  digestSchema,
  nonceSchema,
  principalSchema,
  roleSchema,
  timestampSchema,
  toolNameSchema,
} from './ids.ts';
import { findingSchema, labelSchema, riskSchema } from './labels.ts';

/** Who must answer, how many, and how long they have. Absent approvers (both lists empty) means nobody may approve. */
export const approvalTermsSchema = z.strictObject({
  name: z.string().min(1).max(64),
  approvers: z.strictObject({ roles: z.array(roleSchema), principals: z.array(principalSchema) }),
  quorum: z.int().min(1).max(20),
  /** From the ask to the moment silence denies, ms. */
  deadlineMs: z.int().min(1),
  /** From the deciding vote to the latest start of the effect, ms. */
  executeWithinMs: z.int().min(1),
  requesterMayApprove: z.boolean(),
  reasonRequired: z.boolean(),
});
export type ApprovalTerms = z.infer<typeof approvalTermsSchema>;

/** A value in arguments that a reader cannot judge: shown as UNINSPECTABLE. */
export const opaqueValueSchema = z.strictObject({
  /** JSON pointer into the arguments. */
  path: z.string().max(220),
  why: z.enum(['base64', 'hex', 'hidden-characters']),
  /** Characters. */
  length: z.int().min(0),
  digest: digestSchema,
});
export type OpaqueValue = z.infer<typeof opaqueValueSchema>;

/** What an approver is shown, built from canonical arguments, never from the model's words; its digest is in the vote. */
export const cardSchema = z.strictObject({
  approvalId: z.string(),
  kind: z.enum(['call', 'reconcile']),
  agent: z.string(),
  tool: toolNameSchema,
  toolDescription: z.string(),
  effect: z.enum(['read', 'idempotent', 'effect']),
  /** Canonical JSON of the arguments, whole or its head and tail. */
  arguments: z.string(),
  argumentsCut: z.boolean(),
  argumentsDigest: digestSchema,
  /** Of the whole, characters. */
  argumentsLength: z.int().min(0).optional(),
  /** Body digest of the whole in the store, where it was cut. */
  argumentsBody: digestSchema.optional(),
  /** Values that a reader cannot judge; absent: none. */
  opaque: z.array(opaqueValueSchema).min(1).max(20).optional(),
  requester: principalSchema,
  onBehalfOf: principalSchema.nullable(),
  environment: z.string(),
  risk: riskSchema,
  rules: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
  findings: z.array(findingSchema),
  labels: z.array(labelSchema),
  targetState: z.string().nullable(),
  /** What the tool's author says it can hit, and how it is undone; absent: not said. */
  blastRadius: z.string().max(400).optional(),
  undo: z.string().max(400).optional(),
  deadlineAt: timestampSchema,
  executeWithinMs: z.int().min(1),
});
export type Card = z.infer<typeof cardSchema>;

export const voteVerdictSchema = z.enum(['approve', 'deny']);
export type VoteVerdict = z.infer<typeof voteVerdictSchema>;

export const voteBodySchema = z.strictObject({
  nonce: nonceSchema,
  callKey: callKeySchema,
  askDigest: digestSchema,
  cardDigest: digestSchema,
  termsDigest: digestSchema,
  verdict: voteVerdictSchema,
  principal: principalSchema,
  /** Roles at the time of the vote. */
  roles: z.array(roleSchema),
  authenticated: z.strictObject({
    method: z.enum(['api-key']),
    credentialId: z.string().min(1).max(100),
    /** Who made the credential: one made by somebody else can be somebody else's vote. */
    mintedBy: principalSchema,
    /** What stood for the key: a web session or an enrolled account of a channel. Absent: the key itself. */
    via: z.string().min(1).max(200).optional(),
  }),
  channel: z.enum(['api', 'terminal', 'web', 'slack', 'webhook']),
  castAt: timestampSchema,
  reason: z.string().max(2000).nullable(),
  /** Digest of the idempotency key that it was sent with; a repeated request is told from a second vote by it. */
  requestKey: digestSchema.optional(),
});
export type VoteBody = z.infer<typeof voteBodySchema>;
export const signedVoteSchema = signedSchema('vote', voteBodySchema);
export type SignedVote = z.infer<typeof signedVoteSchema>;

export const outcomes = ['approved', 'denied', 'expired', 'superseded', 'withdrawn', 'no-eligible-approver'] as const;
export const outcomeSchema = z.enum(outcomes);
/** Outcome of an approval request. An expiry is never recorded as a person's denial. */
export type Outcome = z.infer<typeof outcomeSchema>;
