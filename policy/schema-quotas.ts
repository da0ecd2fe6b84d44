/** The shape of quotas of approval requests as they are written: what may wait, or be asked in a time, of one run, tool or requester. */
import { z } from 'zod';
import { duration, toolPattern } from './schema-words.ts';

const requests = z.int().min(1).max(1000);

export const quotaSourceSchema = z.strictObject({
  per: z.enum(['run', 'tool', 'requester']).describe('Whose requests are counted together'),
  tools: z.array(toolPattern).min(1).max(500).optional().describe('Requests for these tools; absent: for any'),
  pending: requests.optional().describe('How many may wait for an answer at once'),
  asked: requests.optional().describe('How many may be asked `within` a time'),
  within: duration.optional().describe('Any span of this length; absent: 1h'),
  backOff: duration
    .optional()
    .describe('How long nothing is asked after a first request too many; doubled with each further one; absent: 1m'),
  longestBackOff: duration.optional().describe('Absent: 1h'),
});
export type QuotaSource = z.infer<typeof quotaSourceSchema>;
