/** The shape of rules as they are written. Unknown keys are refused everywhere. */
import { z } from 'zod';
import { effects, name, role, text, toolPattern } from './schema-words.ts';

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
