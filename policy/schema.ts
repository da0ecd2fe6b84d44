/**
 * The shape of a policy file, version 1, as it is written (durations in text, nothing filled in). Unknown keys are
 * refused: a key that this engine does not know could be the one that was meant to deny. References between parts are
 * checked in `references.ts`, conditions in `conditions.ts`. `schemas/policy.schema.json` is made from it.
 */
import { z } from 'zod';
import {
  allowlistsSourceSchema,
  blockedSourceSchema,
  dryRunSourceSchema,
  groupSourceSchema,
  guardSourceSchema,
  labelsSourceSchema,
  layersSourceSchema,
  limitsSourceSchema,
  priceSourceSchema,
  requireSourceSchema,
  toolSourceSchema,
} from './schema-parts.ts';
import { quotaSourceSchema } from './schema-quotas.ts';
import { ruleSourceSchema } from './schema-rules.ts';
import { approvalSourceSchema } from './schema-terms.ts';
import { name, principal, role, text, toolPattern } from './schema-words.ts';

export const policySourceSchema = z.strictObject({
  version: z.literal(1).describe('Version of the policy language'),
  roles: z
    .record(role, z.strictObject({ inherits: z.array(role).max(100).optional() }))
    .optional()
    .describe('A role that is not listed here means nothing'),
  principals: z.record(principal, z.array(role).max(100)).optional().describe('Roles of people and service accounts'),
  groups: z.record(name, groupSourceSchema).optional().describe('Groups by what an identity claims, or by name'),
  people: z
    .record(name, z.array(principal).min(2).max(20))
    .optional()
    .describe('Principals that are one person: they have one vote, and what one asks for none of them approves'),
  tools: z.record(toolPattern, toolSourceSchema).optional().describe('What holds for tools, by name or pattern'),
  labels: labelsSourceSchema.optional().describe('What untrusted content means'),
  limits: limitsSourceSchema.optional(),
  quotas: z
    .array(quotaSourceSchema)
    .min(1)
    .max(50)
    .optional()
    .describe('How much people are asked: beyond it, what would ask is denied at once'),
  prices: z.record(text(200), priceSourceSchema).optional().describe('Prices of models, for `limits.modelCost`'),
  guards: z
    .record(name, guardSourceSchema)
    .optional()
    .describe('What findings lead to, by guard (`default` for all others) and severity'),
  allowlists: allowlistsSourceSchema.optional(),
  blocked: blockedSourceSchema.optional(),
  require: requireSourceSchema.optional().describe('Approval beside the rules'),
  dryRun: dryRunSourceSchema.optional(),
  layers: layersSourceSchema.optional().describe('Only in the policy of an organisation'),
  approvals: z.record(name, approvalSourceSchema).optional().describe('Terms by name; `default` when any rule asks'),
  rules: z.array(ruleSourceSchema).max(2000),
});
/** A policy file as it was written and found to have the right shape. */
export type PolicySource = z.infer<typeof policySourceSchema>;
