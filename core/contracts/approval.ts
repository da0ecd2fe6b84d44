/**
 * What an approver is asked and answers: terms, card and vote. The ask itself is a signed decision (`decision.ts`).
 */
import { z } from 'zod';
import { signedSchema } from './envelope.ts';
import {
  callKeySchema,
  digestSchema,
  groupNameSchema,
  nonceSchema,
  principalSchema,
  roleSchema,
  timestampSchema,
  toolNameSchema,
} from './ids.ts';
import { findingSchema, labelSchema, riskSchema } from './labels.ts';

export const channelSchema = z.enum(['api', 'terminal', 'web', 'slack', 'webhook']);
export type Channel = z.infer<typeof channelSchema>;

/** People, by a role, a name or a group. All lists empty means nobody. */
export const approverSetSchema = z.strictObject({
  roles: z.array(roleSchema),
  principals: z.array(principalSchema),
  /** Absent: none. */
  groups: z.array(groupNameSchema).min(1).optional(),
});
export type ApproverSet = z.infer<typeof approverSetSchema>;

/** Seats that people of one set must fill; one person fills one seat. */
export const thresholdSchema = z.strictObject({
  from: approverSetSchema,
  approve: z.int().min(0).max(20),
  /** Denials of theirs that deny. Absent: theirs count with the others. */
  deny: z.int().min(1).max(20).optional(),
});
export type Threshold = z.infer<typeof thresholdSchema>;

/** The most that a grant may give. */
export const grantCapSchema = z.strictObject({
  ttlMs: z.int().min(1),
  uses: z.int().min(1).max(1000),
  /** The highest risk of a covered call. */
  risk: riskSchema,
  /** `agent`: also other runs of the same agent. */
  scope: z.enum(['run', 'agent']),
});
export type GrantCap = z.infer<typeof grantCapSchema>;

/** Who may answer alone, where too few others do, and what that costs. It replaces missing approvers, and nothing else. */
export const breakGlassTermsSchema = z.strictObject({
  role: roleSchema,
  /** Uses by one person in any 24 hours, over all runs. */
  perDay: z.int().min(1).max(20),
  /** From the vote to when its review is overdue, ms. */
  reviewWithinMs: z.int().min(1),
});
export type BreakGlassTerms = z.infer<typeof breakGlassTermsSchema>;

/** Who must answer, how many, and how long they have. Nobody in `approvers` means nobody may approve. */
export const approvalTermsSchema = z.strictObject({
  name: z.string().min(1).max(64),
  approvers: approverSetSchema,
  quorum: z.int().min(1).max(20),
  /** Denials that deny. Absent: one. */
  denials: z.int().min(2).max(20).optional(),
  /** Besides the quorum. Absent: none. */
  thresholds: z.array(thresholdSchema).min(1).max(200).optional(),
  /** The highest risk that may be approved through a channel. Absent: any. */
  channels: z.partialRecord(channelSchema, z.enum([...riskSchema.options, 'none'])).optional(),
  /** From this risk on, an approval needs a fresh confirmation by its voter. Absent: never. */
  stepUpFrom: riskSchema.optional(),
  /** After the ask, ms: who may answer is told again. Absent: never. */
  remindersMs: z.array(z.int().min(1)).min(1).max(10).optional(),
  /** Who may answer besides, from this long after the ask. Absent: nobody. */
  escalation: z.strictObject({ afterMs: z.int().min(1), to: approverSetSchema }).optional(),
  /** Who may edit the arguments, and how often one call may be edited; 0: not at all. Absent: whoever may answer, 3 times. */
  edits: z.strictObject({ by: approverSetSchema.optional(), most: z.int().min(0).max(10) }).optional(),
  /** Who is asked instead, where the approvers cannot make up the quorum. A signed ask has none: it names who was asked. */
  fallback: approverSetSchema.optional(),
  /** What an approval may grant beyond its own call. Absent: nothing. */
  grants: grantCapSchema.optional(),
  /** Absent: nobody answers alone what needs several. */
  breakGlass: breakGlassTermsSchema.optional(),
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

/** How people changed a call's arguments since the agent asked. */
export const editedCardSchema = z.strictObject({
  /** In the order of their edits; the last one made these arguments. */
  by: z.array(principalSchema).min(1).max(10),
  /** Of what the agent asked for. */
  originalDigest: digestSchema,
  /** From what the agent asked for to what it was edited to, JSON text, cut; null: was not or is not there. */
  changes: z
    .array(
      z.strictObject({
        path: z.string().max(220),
        before: z.string().max(300).nullable(),
        after: z.string().max(300).nullable(),
      }),
    )
    .max(20),
  /** Further ones that are not listed. */
  more: z.int().min(0),
});

/**
 * What a tool said of a call before anybody was asked, under a permit of its own. Others may have chosen every word of it: it
 * is redacted, cut, and shown as said, never as a fact.
 */
export const toolWordsSchema = z.strictObject({
  /** False: the tool could not say; the text is why. */
  ended: z.boolean(),
  /** Whole, or head and tail. */
  text: z.string().max(2000),
  /** Of the whole, characters. */
  length: z.int().min(0),
  /** Of the whole; in the tools worker's signed receipt. */
  digest: digestSchema,
  /** Body digest of the whole in the store, where it was cut. */
  body: digestSchema.optional(),
  labels: z.array(labelSchema),
  /** What guards found in it; absent: nothing. */
  findings: z.array(findingSchema).min(1).max(20).optional(),
  /** When the tool had said it. */
  at: timestampSchema,
});
export type ToolWords = z.infer<typeof toolWordsSchema>;

/** On a card; further ones are not shown. */
export const mostRiskOrigins = 10;

/** `name`, `arguments`, `effect`: what those of the tool say by themselves. */
export const riskOriginSchema = z.strictObject({
  from: z.enum(['policy', 'tool', 'guard', 'name', 'arguments', 'effect']),
  /** The policy's pattern, the guard and its rule, the tool, the effect class. */
  what: z.string(),
});
export type RiskOrigin = z.infer<typeof riskOriginSchema>;

/** What an approver is shown, built from canonical arguments, never from the model's words; its digest is in the vote. */
export const cardSchema = z.strictObject({
  approvalId: z.string(),
  kind: z.enum(['call', 'reconcile']),
  agent: z.string(),
  /** Identical calls of one turn that an answer is for, each of them. Absent: one. */
  times: z.int().min(2).max(64).optional(),
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
  /** Who else is behind the run: makers of the key it was started with, and of the keys before. Absent: nobody. */
  owners: z.array(principalSchema).min(1).max(20).optional(),
  environment: z.string(),
  risk: riskSchema,
  /** What makes it as risky as it is. Absent: nothing does, the risk is low. */
  riskFrom: z.array(riskOriginSchema).min(1).max(mostRiskOrigins).optional(),
  rules: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
  findings: z.array(findingSchema),
  labels: z.array(labelSchema),
  /** Digest of the state that the effect is held to; null: the tool reads none. */
  targetState: z.string().nullable(),
  /** The state in the tool's words; absent where none was read. */
  target: toolWordsSchema.optional(),
  /** What the tool's dry run said; absent: it has none. */
  dryRun: toolWordsSchema.optional(),
  /** What the tool's author says it can hit, and how it is undone; absent: not said. */
  blastRadius: z.string().max(400).optional(),
  undo: z.string().max(400).optional(),
  /** Absent: the arguments are the agent's. */
  edited: editedCardSchema.optional(),
  deadlineAt: timestampSchema,
  executeWithinMs: z.int().min(1),
});
export type Card = z.infer<typeof cardSchema>;

/**
 * `withdraw`: takes back one's own approval, also after the quorum, until the effect is reserved. `edit`: the call is to be
 * asked with other arguments; it approves nothing. `break-glass`: one person's yes in place of the quorum, which others review.
 */
export const voteVerdictSchema = z.enum(['approve', 'deny', 'withdraw', 'edit', 'break-glass']);
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
  /** Groups at the time of the vote; absent: none. */
  groups: z.array(groupNameSchema).min(1).optional(),
  authenticated: z.strictObject({
    method: z.enum(['api-key', 'signing-key']),
    credentialId: z.string().min(1).max(100),
    /** Who made the credential: one made by somebody else can be somebody else's vote. */
    mintedBy: principalSchema,
    /** What stood for the key: a web session or an enrolled account of a channel. Absent: the key itself. */
    via: z.string().min(1).max(200).optional(),
    /** How the voter confirmed this one vote afresh; absent: not. */
    stepUp: z.enum(['typed-yes', 'typed-target']).optional(),
  }),
  channel: channelSchema,
  castAt: timestampSchema,
  /** Of a `withdraw`: the digest of the approval that is taken back. */
  withdraws: digestSchema.optional(),
  /** Of an `edit`: the arguments that the call is to have, by content, and where their RFC 8785 text lies in the store. */
  edits: z.strictObject({ argumentsDigest: digestSchema, argumentsBody: digestSchema }).optional(),
  /** Of a `deny`: the run ends, too. */
  stop: z.literal(true).optional(),
  /** Of an `approve`: the digest of the grant that it approves as well. */
  grantDigest: digestSchema.optional(),
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
