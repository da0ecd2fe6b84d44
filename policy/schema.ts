/**
 * The shape of a policy file, version 1, as it is written (durations in text, nothing filled in). Unknown keys are
 * refused: a key that this engine does not know could be the one that was meant to deny. References between parts are
 * checked in `references.ts`, conditions in `conditions.ts`.
 */
import { z } from 'zod';
import { principalSchema, roleSchema } from '../core/contracts/ids.ts';
import { riskSchema } from '../core/contracts/labels.ts';
import { parseDuration } from './duration.ts';
import { toolPatternPattern } from './tool-pattern.ts';

const text = (longest: number) => z.string().min(1).max(longest);
const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a name of small letters, digits and hyphens that starts with a letter, at most 64');
const role = z.string().refine((value) => roleSchema.safeParse(value).success, {
  error: 'a role name of small letters, digits, "_" and "-" that starts with a letter',
});
const principal = z.string().refine((value) => principalSchema.safeParse(value).success, {
  error: 'a principal id of letters, digits and ". _ @ : + -", at most 200',
});
const toolPattern = z
  .string()
  .regex(toolPatternPattern, 'a tool name ([a-z][a-z0-9_]{0,63}) or a pattern of it with "*" and "?"');
const duration = z.string().refine((value) => parseDuration(value) !== undefined, {
  error: 'a duration such as 90s, 10m, 1h30m or 2d, from 1ms to 366d',
});
const count = z.int().min(1).max(1_000_000);
const effects = ['allow', 'ask', 'deny'] as const;

export const ruleSourceSchema = z.strictObject({
  id: name.describe('Name of the rule in decisions and reports; unique in the file'),
  title: text(120).optional().describe('A few words for lists'),
  reason: text(300).describe('Why; shown to the approver and to the model'),
  effect: z.enum(effects).describe('deny beats ask, ask beats allow; the order of rules never matters'),
  tools: z.array(toolPattern).min(1).max(200).describe('Names or patterns; one of them must match'),
  roles: z.array(role).min(1).max(100).optional().describe('The principal must hold one of these; absent: anybody'),
  environments: z.array(text(64)).min(1).max(100).optional().describe('The run must be in one of these; absent: any'),
  when: text(2000).optional().describe('A condition in CEL; absent: always'),
  approval: name.optional().describe('Terms to ask under, also when the engine makes an allow ask; absent: default'),
  labels: z
    .strictObject({ untrusted: z.literal('allow') })
    .optional()
    .describe('`untrusted: allow`: this rule still allows after untrusted content was read'),
});
export type RuleSource = z.infer<typeof ruleSourceSchema>;

export const approvalSourceSchema = z.strictObject({
  approvers: z
    .strictObject({ roles: z.array(role).max(100).optional(), principals: z.array(principal).max(200).optional() })
    .describe('Who may approve: holders of one of the roles, and the principals named'),
  quorum: z.int().min(1).max(20).optional().describe('How many must approve; absent: 1'),
  deadline: duration.describe('From the ask to the moment silence denies'),
  executeWithin: duration.optional().describe('From the deciding vote to the latest start; absent: 15m'),
  requesterMayApprove: z.boolean().optional().describe('Absent: false'),
  reasonRequired: z.boolean().optional().describe('Absent: false'),
});
export type ApprovalSource = z.infer<typeof approvalSourceSchema>;

export const limitsSourceSchema = z.strictObject({
  callsPerRun: count.optional().describe('Absent: no limit by the policy'),
  callsPerTurn: count.optional().describe('Absent: no limit by the policy'),
  turns: count.optional().describe('Absent: no limit by the policy'),
  argumentBytes: count.optional().describe('UTF-8 bytes of the canonical arguments; absent: 1 MiB'),
  refusalsInARow: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Turns in a row in which one tool was refused and nothing else was done, before the run ends; absent: 3'),
});

export const policySourceSchema = z.strictObject({
  version: z.literal(1).describe('Version of the policy language'),
  roles: z
    .record(role, z.strictObject({ inherits: z.array(role).max(100).optional() }))
    .optional()
    .describe('A role that is not listed here means nothing'),
  principals: z.record(principal, z.array(role).max(100)).optional().describe('Roles of people and service accounts'),
  tools: z
    .record(toolPattern, z.strictObject({ risk: riskSchema }))
    .optional()
    .describe('Risk by tool; raises only'),
  labels: z
    .strictObject({ untrusted: z.enum(['ask', 'allow']) })
    .optional()
    .describe(
      'Whether what is allowed still asks after untrusted content was read, unless it is a read; absent: it asks',
    ),
  limits: limitsSourceSchema.optional(),
  approvals: z.record(name, approvalSourceSchema).optional().describe('Terms by name; `default` when any rule asks'),
  rules: z.array(ruleSourceSchema).max(2000),
});
/** A policy file as it was written and found to have the right shape. */
export type PolicySource = z.infer<typeof policySourceSchema>;
