/** Control records: what the gateway orders for a fleet or a run. Each has a sequence number and is checked by who reads it. */
import { z } from 'zod';
import { channelSchema } from './approval.ts';
import { signedSchema } from './envelope.ts';
import { grantSchema } from './grant.ts';
import {
  agentNameSchema,
  callKeySchema,
  digestSchema,
  grantIdSchema,
  groupNameSchema,
  layerKindSchema,
  layerNameSchema,
  nonceSchema,
  principalSchema,
  roleSchema,
  timestampSchema,
  workflowIdSchema,
} from './ids.ts';
import { markSchema, redactionOutcomes } from './redaction.ts';

const sequence = z.int().min(1);
/** SHA-256 of a secret that is shown once and kept nowhere, hex. */
const secretHashSchema = z.string().regex(/^[0-9a-f]{64}$/);
const slackId = z.string().regex(/^[A-Z0-9]{1,40}$/);
/** A Slack user id alone is not unique: another workspace may have the same one. */
const slackUserShape = { enterpriseId: slackId.nullable(), teamId: slackId, userId: slackId };
const webIdSchema = z.string().regex(/^[a-z0-9]{12}$/);

export const reviewFindingSchema = z.enum(['justified', 'not-justified']);
/** What a reviewer found a break-glass to be. */
export type ReviewFinding = z.infer<typeof reviewFindingSchema>;

/** Which version of a layer's policy is in force from now on. */
const layerOrder = {
  sequence,
  layer: layerKindSchema,
  name: layerNameSchema,
  /** `shadow`: it is asked and recorded, and changes nothing. A pack is enforced by `policy-activation`. */
  mode: z.enum(['enforce', 'shadow']),
  /** Null: none any more. */
  policyDigest: digestSchema.nullable(),
  by: principalSchema,
};

/** What a key may be used for. */
export const scopeSchema = z.enum([
  'runs:start',
  'runs:read',
  'runs:cancel',
  'approvals:read',
  'approvals:vote',
  'control:write',
  'redactions:read',
]);

export const controlBodySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('freeze'), sequence, by: principalSchema, reason: z.string().max(500) }),
  z.strictObject({ kind: z.literal('thaw'), sequence, by: principalSchema, reason: z.string().max(500) }),
  z.strictObject({
    kind: z.literal('policy-activation'),
    sequence,
    agent: agentNameSchema,
    packDigest: digestSchema,
    policyDigest: digestSchema,
    by: principalSchema,
  }),
  z.strictObject({
    kind: z.literal('policy-layer'),
    ...layerOrder,
    /** Who asked for it before, where two people are needed. */
    proposedBy: principalSchema.nullable(),
  }),
  z.strictObject({ kind: z.literal('policy-proposal'), ...layerOrder }),
  z.strictObject({
    kind: z.literal('api-key'),
    sequence,
    keyId: z.string().regex(/^[a-z0-9]{12}$/),
    /** SHA-256 of the key's secret part, hex. The secret itself is shown once and kept nowhere. */
    secretHash: z.string().regex(/^[0-9a-f]{64}$/),
    principal: principalSchema,
    roles: z.array(roleSchema),
    /** People vote; service accounts start runs. */
    person: z.boolean(),
    scopes: z.array(scopeSchema),
    expiresAt: timestampSchema,
    mintedBy: principalSchema,
    /** The key that it was made with. Absent: none was, as at the first start of a machine. */
    mintedWith: z.string().optional(),
    /** The bearer made the secret and gave its hash: whoever made the record never had it. */
    madeByBearer: z.literal(true).optional(),
  }),
  /** Lets in what its bearer signs, and nobody who only holds the record: the private half never left its maker. */
  z.strictObject({
    kind: z.literal('signing-key'),
    sequence,
    keyId: z.string().regex(/^[a-z0-9]{12}$/),
    /** Raw Ed25519, base64url. */
    publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    principal: principalSchema,
    roles: z.array(roleSchema),
    /** False: a system, whose word can deny and never approve. */
    person: z.boolean(),
    scopes: z.array(scopeSchema.extract(['approvals:vote'])).length(1),
    expiresAt: timestampSchema,
    mintedBy: principalSchema,
    /** The key that it was enrolled with. */
    mintedWith: z.string(),
    madeByBearer: z.literal(true),
  }),
  /** Of a key of either kind. */
  z.strictObject({
    kind: z.literal('api-key-revocation'),
    sequence,
    keyId: z.string(),
    by: principalSchema,
    /** Also what was made with it, and with those. Absent: they stand. */
    withMade: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('sign-in-link'),
    sequence,
    linkId: webIdSchema,
    secretHash: secretHashSchema,
    /** Whose key asked for it: what the link opens ends with that key. */
    keyId: z.string(),
    expiresAt: timestampSchema,
  }),
  z.strictObject({
    kind: z.literal('web-session'),
    sequence,
    sessionId: webIdSchema,
    secretHash: secretHashSchema,
    /** Opened by this link; of two, the one with the lower number stands. */
    linkId: webIdSchema,
    keyId: z.string(),
    expiresAt: timestampSchema,
  }),
  z.strictObject({
    kind: z.literal('slack-identity'),
    sequence,
    ...slackUserShape,
    /** Whose clicks they are; they count as long as this key of theirs stands. */
    keyId: z.string(),
    principal: principalSchema,
  }),
  z.strictObject({ kind: z.literal('slack-identity-removal'), sequence, ...slackUserShape, by: principalSchema }),
  z.strictObject({ kind: z.literal('web-session-end'), sequence, sessionId: webIdSchema, by: principalSchema }),
  z.strictObject({
    kind: z.literal('reconcile-answer'),
    sequence,
    nonce: nonceSchema,
    callKey: callKeySchema,
    try: z.int().min(1),
    answer: z.enum(['happened', 'did-not-happen']),
    principal: principalSchema,
    roles: z.array(roleSchema),
    reason: z.string().max(2000),
    answeredAt: timestampSchema,
  }),
  /** One person's word on a break-glass; two of different people close its review. */
  z.strictObject({
    kind: z.literal('review-signature'),
    sequence,
    nonce: nonceSchema,
    /** Of the vote that broke the glass. */
    voteDigest: digestSchema,
    finding: reviewFindingSchema,
    principal: principalSchema,
    /** By which they could have answered the request. */
    roles: z.array(roleSchema),
    groups: z.array(groupNameSchema).min(1).optional(),
    /** Of the API key it was signed with. */
    keyId: z.string().min(1).max(100),
    /** Where it was signed, as a vote says it. */
    channel: channelSchema,
    /** What stood for the key: a web session. Absent: the key itself. */
    via: z.string().min(1).max(200).optional(),
    reason: z.string().trim().min(1).max(2000),
    signedAt: timestampSchema,
  }),
  z.strictObject({ kind: z.literal('grant'), sequence, grant: grantSchema }),
  z.strictObject({
    kind: z.literal('grant-revocation'),
    sequence,
    grantId: grantIdSchema,
    by: principalSchema,
    reason: z.string().max(2000).nullable(),
  }),
  /** Somebody was shown what redaction took out, or asked for it in vain. */
  z.strictObject({
    kind: z.literal('redaction-read'),
    sequence,
    workflowId: workflowIdSchema,
    mark: markSchema,
    outcome: z.enum(redactionOutcomes),
    by: principalSchema,
    /** Of the API key it was asked with. */
    keyId: z.string(),
    reason: z.string().min(1).max(500),
    readAt: timestampSchema,
  }),
]);
export type ControlBody = z.infer<typeof controlBodySchema>;
export type ControlKind = ControlBody['kind'];
export const controlKinds: readonly ControlKind[] = controlBodySchema.options.map(({ shape }) => shape.kind.value);
export const signedControlSchema = signedSchema('control', controlBodySchema);
export type SignedControl = z.infer<typeof signedControlSchema>;
