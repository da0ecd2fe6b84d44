/**
 * The gate's signed decision. A permit is a decision whose verdict is `allow`: one-use leave for one exact call and try
 * until `expiresAt`. No other object allows anything.
 */
import { z } from 'zod';
import { approvalTermsSchema, outcomeSchema } from './approval.ts';
import { signedSchema } from './envelope.ts';
import {
  callKeySchema,
  digestSchema,
  linkRunIdSchema,
  nonceSchema,
  principalSchema,
  purposeSchema,
  timestampSchema,
  workflowIdSchema,
} from './ids.ts';
import { findingSchema, labelSchema, riskSchema } from './labels.ts';

export const ruleHitSchema = z.strictObject({
  id: z.string().min(1).max(100),
  effect: z.enum(['allow', 'ask', 'deny']),
  reason: z.string().max(500),
});
export type RuleHit = z.infer<typeof ruleHitSchema>;

export const askSchema = z.strictObject({
  nonce: nonceSchema,
  approvalId: z.string().min(1),
  kind: z.enum(['call', 'reconcile']),
  callKeys: z.array(callKeySchema).min(1).max(64),
  terms: approvalTermsSchema,
  termsDigest: digestSchema,
  cardDigest: digestSchema,
  askedAt: timestampSchema,
  deadlineAt: timestampSchema,
  executeWithinMs: z.int().min(1),
});
export type Ask = z.infer<typeof askSchema>;

export const approvedBySchema = z.strictObject({
  approvalId: z.string(),
  nonce: nonceSchema,
  askDigest: digestSchema,
  voteDigests: z.array(digestSchema).min(1),
  executeByAt: timestampSchema,
});

const common = {
  workflowId: workflowIdSchema,
  linkRunId: linkRunIdSchema,
  runEpoch: z.int().min(0),
  freezeEpoch: z.int().min(0),
  callKey: callKeySchema,
  try: z.int().min(1),
  pass: z.int().min(1),
  purpose: purposeSchema,
  tool: z.strictObject({ name: z.string().max(200), definitionDigest: digestSchema.nullable() }),
  /** Null where the arguments never became a JSON value. */
  argumentsDigest: digestSchema.nullable(),
  principal: principalSchema,
  labels: z.array(labelSchema),
  rules: z.array(ruleHitSchema),
  findings: z.array(findingSchema),
  risk: riskSchema,
  policyDigest: digestSchema,
  /** Digest of the active policy that was also asked; equal to `policyDigest` when nothing newer is active. */
  activePolicyDigest: digestSchema,
  buildId: z.string().min(1),
  /** The decision of the pass before, of the same call and try. */
  previousDecision: digestSchema.nullable(),
};

export const decisionBodySchema = z.discriminatedUnion('verdict', [
  z.strictObject({
    ...common,
    verdict: z.literal('deny'),
    nonce: nonceSchema.nullable(),
    outcome: outcomeSchema.nullable(),
  }),
  z.strictObject({ ...common, verdict: z.literal('ask'), ask: askSchema }),
  z.strictObject({
    ...common,
    verdict: z.literal('allow'),
    activityId: z.string().min(1).max(200),
    taskQueue: z.string().min(1),
    targetStateDigest: digestSchema.nullable(),
    approval: approvedBySchema.nullable(),
  }),
]);
export type DecisionBody = z.infer<typeof decisionBodySchema>;
export type PermitBody = Extract<DecisionBody, { verdict: 'allow' }>;
export type AskBody = Extract<DecisionBody, { verdict: 'ask' }>;
export const signedDecisionSchema = signedSchema('decision', decisionBodySchema);
export type SignedDecision = z.infer<typeof signedDecisionSchema>;
