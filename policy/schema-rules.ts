/** The shape of rules and of approval terms as they are written. Unknown keys are refused everywhere. */
import { z } from 'zod';
import { duration, effects, name, principal, role, text, toolPattern } from './schema-words.ts';

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
