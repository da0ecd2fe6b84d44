/**
 * What the gateway's HTTP API takes and gives about policies, version 1. Unknown keys are refused in both directions.
 */
import { z } from 'zod';
import { digestSchema, layerKindSchema, layerNameSchema, principalSchema } from '../core/contracts/ids.ts';

const layerIdShape = {
  layer: layerKindSchema,
  name: layerNameSchema.describe('`organisation`, the name of the team, or of the agent'),
};
const policyModeSchema = z.enum(['enforce', 'shadow']).describe('`shadow`: asked and recorded; changes nothing');

/** Characters of a policy that is published. */
export const longestPublishedPolicy = 500_000;
export const publishPolicyRequestSchema = z.strictObject({
  text: z.string().min(1).max(longestPublishedPolicy).describe('YAML of a policy'),
});
export const policyPublishedSchema = z.strictObject({ policyDigest: digestSchema });
export type PolicyPublished = z.infer<typeof policyPublishedSchema>;

export const activatePolicyRequestSchema = z.strictObject({
  ...layerIdShape,
  mode: policyModeSchema,
  policyDigest: digestSchema.nullable().describe('Null: none from now on'),
});
export type ActivatePolicyRequest = z.infer<typeof activatePolicyRequestSchema>;
export const rollBackPolicyRequestSchema = z.strictObject(layerIdShape);
export type RollBackPolicyRequest = z.infer<typeof rollBackPolicyRequestSchema>;
export const policyActivatedSchema = z.strictObject({
  status: z
    .enum(['activated', 'proposed', 'unchanged'])
    .describe('`proposed`: it may be looser, and a second person has to order the same'),
  before: digestSchema.nullable(),
  policyDigest: digestSchema.nullable(),
  differences: z.array(
    z.strictObject({ direction: z.enum(['looser', 'tighter', 'unknown']), path: z.string(), what: z.string() }),
  ),
  samePeople: z
    .array(principalSchema)
    .describe('Who stands behind both this order and the proposal, by themselves or as maker of a key; empty: nobody'),
});
export type PolicyActivated = z.infer<typeof policyActivatedSchema>;
export const withdrawProposalRequestSchema = z.strictObject(layerIdShape);
export type WithdrawProposalRequest = z.infer<typeof withdrawProposalRequestSchema>;
export const proposalWithdrawnSchema = z.strictObject({
  policyDigest: digestSchema.nullable().describe('What was proposed; null: that there be none'),
  proposedBy: principalSchema,
  inForce: digestSchema.nullable().describe('Before and after; null: none'),
});
export type ProposalWithdrawn = z.infer<typeof proposalWithdrawnSchema>;
const policyInForceSchema = z.strictObject({ ...layerIdShape, mode: policyModeSchema, policyDigest: digestSchema });
export const policyStatusSchema = z.strictObject({
  active: z.array(policyInForceSchema),
  proposals: z.array(
    z.strictObject({
      ...layerIdShape,
      mode: policyModeSchema,
      policyDigest: digestSchema.nullable(),
      by: principalSchema,
    }),
  ),
});
export type PolicyStatus = z.infer<typeof policyStatusSchema>;
