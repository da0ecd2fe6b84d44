/**
 * The shape of approval terms as they are written, durations in text. Unknown keys are refused: one that this engine does not
 * know could be the one that was meant to keep somebody from approving.
 */
import { z } from 'zod';
import { channelSchema } from '../core/contracts/approval.ts';
import { riskSchema } from '../core/contracts/labels.ts';
import { duration, name, principal, role, text } from './schema-words.ts';

export const approversSourceSchema = z.strictObject({
  roles: z.array(role).max(100).optional().describe('Holders of one of these, or of a role that inherits one'),
  principals: z.array(principal).max(200).optional(),
  groups: z.array(name).max(100).optional().describe('Members of one of these groups of this policy'),
});
export type ApproversSource = z.infer<typeof approversSourceSchema>;

const votes = z.int().min(1).max(20);

export const thresholdSourceSchema = z.strictObject({
  from: approversSourceSchema.describe('Who can fill these seats'),
  approve: votes.optional().describe('Seats: how many of them must approve; one person fills one seat; absent: none'),
  deny: votes.optional().describe('How many denials of theirs deny; absent: they count with the others'),
});

export const approvalSourceSchema = z.strictObject({
  approvers: approversSourceSchema.describe('Who may approve; at least one role, principal or group'),
  quorum: votes.optional().describe('How many must approve; absent: 1'),
  denials: votes.optional().describe('How many must deny for it to be denied before the deadline; absent: 1'),
  thresholds: z.array(thresholdSourceSchema).min(1).max(8).optional().describe('Seats to fill besides the quorum'),
  channels: z
    .partialRecord(channelSchema, z.enum([...riskSchema.options, 'none']))
    .optional()
    .describe('The highest risk that may be approved through a channel; one that is not named: any'),
  stepUpFrom: z
    .enum([...riskSchema.options, 'none'])
    .optional()
    .describe('From this risk on, a voter confirms each approval afresh; `none`: never; absent: critical'),
  deadline: duration.describe('From the ask to the moment silence denies'),
  executeWithin: duration.optional().describe('From the deciding vote to the latest start; absent: 15m'),
  reminders: z.array(duration).min(1).max(10).optional().describe('Times after the ask to tell the approvers again'),
  escalation: z
    .strictObject({
      after: duration.describe('From the ask'),
      to: approversSourceSchema.describe('Who may answer then, besides the approvers'),
    })
    .optional(),
  edits: z
    .strictObject({
      by: approversSourceSchema.optional().describe('Who may edit the arguments; absent: whoever may answer'),
      most: z.int().min(0).max(10).optional().describe('How often one call may be edited; 0: not at all; absent: 3'),
    })
    .optional()
    .describe('Answering with other arguments, which go through the gate anew; absent: whoever may answer, 3 times'),
  fallback: approversSourceSchema
    .optional()
    .describe('Who is asked instead, where the approvers that are known cannot make up the quorum'),
  grants: z
    .strictObject({
      ttl: duration.describe('How long a grant may stand'),
      uses: z.int().min(1).max(1000).describe('How many calls one may cover'),
      risk: riskSchema.optional().describe('The highest risk one may cover; absent: medium'),
      scope: z
        .enum(['run', 'agent'])
        .optional()
        .describe('`agent`: also other runs of the same agent in the same environment; absent: run'),
    })
    .optional()
    .describe(
      'Whether an approval may be given as a grant for calls like it, and the most that one may give; absent: no',
    ),
  breakGlass: z
    .strictObject({
      role: role.describe('Whose holders may answer alone, in place of the quorum'),
      perDay: z.int().min(1).max(20).optional().describe('Uses by one person in any 24 hours; absent: 3'),
      reviewWithin: duration
        .optional()
        .describe('From the vote to when its review is overdue, at most 30d; absent: 24h'),
    })
    .optional()
    .describe('One named role may answer alone, with a reason and a review by two others; absent: nobody'),
  hours: z
    .strictObject({
      within: z
        .array(text(200))
        .min(1)
        .max(20)
        .describe('Days and hours in a time zone, as in "mon-fri 09:00-17:00 Europe/Berlin"; any of them'),
      outside: name.describe('The terms that hold at any other time'),
    })
    .optional()
    .describe('When these terms hold; absent: at any time'),
  requesterMayApprove: z.boolean().optional().describe('Absent: false'),
  reasonRequired: z.boolean().optional().describe('Absent: false'),
});
export type ApprovalSource = z.infer<typeof approvalSourceSchema>;
