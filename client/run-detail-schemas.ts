/** All that the gateway says of one run: its row, its own word, what Temporal knows, and what the gate refused it. */
import { z } from 'zod';
import { outcomeSchema } from '../core/contracts/approval.ts';
import { callKeySchema, timestampSchema, workflowIdSchema } from '../core/contracts/ids.ts';
import { runViewSchema } from './gateway-schemas.ts';

export const runStateSchema = z.strictObject({
  workflowId: workflowIdSchema,
  agent: z.string(),
  state: z.enum(['opening', 'working', 'waiting-for-approval', 'held', 'closing', 'ended']),
  turn: z.int(),
  link: z.int(),
  hold: z.string().nullable(),
  approvals: z.array(
    z.strictObject({
      approvalId: z.string(),
      nonce: z.string(),
      tool: z.string(),
      kind: z.enum(['call', 'reconcile']),
      deadlineAt: z.int(),
      votes: z.int(),
    }),
  ),
  calls: z.array(
    z.strictObject({ callKey: z.string(), tool: z.string(), state: z.string(), rule: z.string().nullable() }),
  ),
  counters: z.strictObject({ calls: z.int(), links: z.int(), inputTokens: z.int(), outputTokens: z.int() }),
  rejectedVotes: z.int(),
});

export const runResultSchema = z.strictObject({
  outcome: z.enum(['completed', 'refused', 'cancelled', 'limit-reached', 'failed']),
  text: z.string(),
  turns: z.int(),
  calls: z.int(),
});

/** What failed and is tried again, as Temporal says. */
export const runTroubleSchema = z.strictObject({
  activity: z.string().describe('What was tried, in words'),
  attempt: z.int().min(1).describe('Of the try that runs now or comes next, from 1'),
  reason: z.string().describe('Of the last failure: cut, hidden characters escaped'),
  nextAttemptAt: timestampSchema.nullable().describe('Null: one runs now'),
});
export const runFailureSchema = z.strictObject({
  code: z.string().describe('An error code, or how it ended: `terminated`, `timed-out`'),
  message: z.string().describe('Cut, hidden characters escaped'),
});

/** A call that the gate refused, as its signed denial says. */
export const runRefusalSchema = z.strictObject({
  callKey: callKeySchema,
  tool: z.string().describe('As the model wrote it, hidden characters escaped'),
  rule: z.string().describe('Id of the rule that denied it; of a layer above the pack with its name before'),
  reason: z.string(),
  outcome: outcomeSchema.nullable().describe('Of the request, where people had been asked; null: nobody was asked'),
  at: timestampSchema,
});

export const runDetailSchema = z.strictObject({
  run: runViewSchema,
  engine: z.enum(['running', 'closed', 'not-found']).nullable().describe('What Temporal says; null: out of reach'),
  live: runStateSchema.nullable().describe("The run's own word, for people; null: no worker answered"),
  result: runResultSchema.nullable().describe('Of an ended run, its own word'),
  refusals: z
    .array(runRefusalSchema)
    .nullable()
    .describe('Calls that were refused, of the newest 50 denials, oldest first; null: a stored denial was changed'),
  trouble: z.array(runTroubleSchema).describe('Of a running run: what failed and is tried again'),
  failure: runFailureSchema.nullable().describe('Of an ended run that failed or was ended from outside: why'),
});
export type RunDetail = z.infer<typeof runDetailSchema>;
