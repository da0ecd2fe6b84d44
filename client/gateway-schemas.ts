/**
 * What the gateway's HTTP API takes and gives, version 1. Gateway and client share these; unknown keys are refused in
 * both directions. Times are ms since the Unix epoch, durations ms.
 */
import { z } from 'zod';
import {
  cardSchema,
  outcomeSchema,
  thresholdSchema,
  voteBodySchema,
  voteVerdictSchema,
} from '../core/contracts/approval.ts';
import {
  castVoteViewSchema,
  firstAnswerSchema,
  lookViewSchema,
  toldViewSchema,
  unreadableListSchema,
} from './answer-views.ts';
import { type ErrorCode, errorMeanings } from '../core/contracts/errors.ts';
import {
  agentNameSchema,
  callKeySchema,
  digestSchema,
  grantIdSchema,
  groupNameSchema,
  linkRunIdSchema,
  nonceSchema,
  principalSchema,
  roleSchema,
  timestampSchema,
  toolNameSchema,
  workflowIdSchema,
} from '../core/contracts/ids.ts';
import { scopeSchema } from '../core/contracts/control.ts';
import { findingSchema } from '../core/contracts/labels.ts';
import { showsSomething } from '../core/shows-something.ts';
import { grantCapViewSchema, grantRequestSchema, proposedGrantViewSchema } from './grant-schemas.ts';

export { scopeSchema };
export type { UnreadableRequest } from './answer-views.ts';
export type Scope = z.infer<typeof scopeSchema>;

const errorCodes = Object.keys(errorMeanings) as ErrorCode[];

/** RFC 9457. `code` is of the closed set and stable; `detail` is for people. */
export const problemSchema = z.strictObject({
  type: z.string().describe('`/docs/errors/<code>`, the page of this code'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  instance: z.string().describe('`urn:uuid:<request id>`; the log of the gateway has it too'),
  code: z.enum(errorCodes),
  findings: z.array(findingSchema).optional().describe('What a guard found; never the thing found'),
  fields: z
    .array(z.strictObject({ field: z.string(), problem: z.string() }))
    .optional()
    .describe('Each key that is not what it must be, with what it is, what was expected, what to do'),
});
export type Problem = z.infer<typeof problemSchema>;

export const startRunRequestSchema = z.strictObject({
  agent: agentNameSchema.describe('Name of an active agent pack'),
  input: z.string().min(1).max(200_000).describe("The user's text"),
  onBehalfOf: principalSchema.optional().describe('For whom the caller asks; may not approve either'),
  dryRun: z.boolean().optional().describe('No effect happens; absent: false'),
});
export type StartRunRequest = z.infer<typeof startRunRequestSchema>;

export const runStartedSchema = z.strictObject({
  workflowId: workflowIdSchema,
  linkRunId: linkRunIdSchema,
  repeated: z.boolean().describe('This idempotency key had started the run before'),
});
export type RunStarted = z.infer<typeof runStartedSchema>;

export const runViewSchema = z.strictObject({
  workflowId: workflowIdSchema,
  agent: agentNameSchema,
  environment: z.string(),
  principal: principalSchema,
  onBehalfOf: principalSchema.nullable(),
  dryRun: z.boolean(),
  packDigest: digestSchema,
  policyDigest: digestSchema,
  status: z.enum(['starting', 'open', 'closed']),
  openedAt: timestampSchema.nullable().describe('Null: no worker has opened it'),
  closedAt: timestampSchema.nullable(),
  outcome: z
    .string()
    .nullable()
    .describe('Of a run ended from outside what Temporal says: `terminated`, `timed-out`, `not-found`, …'),
  runEpoch: z.int().min(0),
});
export type RunView = z.infer<typeof runViewSchema>;

/** A place in the list of runs: a time, ms, and where several runs were opened in it, the run after which to go on. */
export const runPositionSchema = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,14})(?:\.run-[0-9a-f-]{36})?$/)
  .describe('Opened before this time, ms; with `.<workflow id>`: after that run in the list');

export const runListSchema = z.strictObject({
  runs: z.array(runViewSchema),
  nextBefore: runPositionSchema.nullable().describe('Pass as `before` for the next page; null: no more'),
});
export type RunList = z.infer<typeof runListSchema>;

export const reasonSchema = z.string().min(1).max(2000);
export const cancelRequestSchema = z.strictObject({
  reason: z.string().min(1).max(500),
  force: z
    .boolean()
    .optional()
    .describe('End it at the Temporal server, for a run that cannot go on by itself; what it does is not waited for'),
});
export const cancelledSchema = z.strictObject({
  workflowId: workflowIdSchema,
  status: z.enum(['requested', 'terminated']),
});

export const approvalViewSchema = z.strictObject({
  nonce: nonceSchema,
  approvalId: z.string(),
  kind: z.enum(['call', 'reconcile']),
  workflowId: workflowIdSchema,
  callKey: callKeySchema,
  tool: toolNameSchema,
  times: z.int().min(1).describe('Identical calls of one turn that an answer is for, each of them'),
  card: cardSchema,
  text: z.string().describe('The card for terminals: plain text, hidden characters escaped'),
  lines: z
    .array(
      z.strictObject({
        kind: z.enum(['headline', 'arguments', 'fact', 'warning', 'said']),
        label: z.string(),
        text: z.string().describe('One line, hidden characters escaped; plain text, to be shown as such'),
      }),
    )
    .describe('The card as every channel lays it out'),
  lastApproved: z
    .strictObject({
      approvalId: z.string(),
      at: timestampSchema,
      by: z.array(principalSchema),
      changes: z.array(
        z.strictObject({
          path: z.string().describe('JSON pointer; empty: the arguments as a whole'),
          before: z.string().nullable(),
          after: z.string().nullable(),
        }),
      ),
      more: z.int().min(0).describe('Changes that are not listed'),
    })
    .nullable()
    .optional()
    .describe('The last approved call of the same tool, agent and environment; null: none. Absent in lists'),
  editing: z
    .strictObject({
      left: z.int().min(0).describe('How often the call may still be edited'),
      mayEdit: z.boolean(),
      reason: z.string().nullable().describe('Why not'),
      warning: z
        .string()
        .optional()
        .describe('What an edit of yours would most likely end in; absent: nothing to warn of'),
    })
    .optional()
    .describe('Whether you may answer with other arguments. Absent in lists'),
  spent: z
    .strictObject({
      calls: z.int().min(0),
      inputTokens: z.int().min(0),
      outputTokens: z.int().min(0),
      cost: z.number().nullable().optional().describe('By the prices of its policy; null: a model has no price'),
    })
    .optional()
    .describe('By the run so far. Absent in lists'),
  cardDigest: digestSchema.describe('Send it with the answer: it says what was seen'),
  askDigest: digestSchema,
  termsDigest: digestSchema,
  askedAt: timestampSchema,
  deadlineAt: timestampSchema,
  timeLeftMs: z.int().min(0),
  open: z.boolean(),
  outcome: outcomeSchema.nullable(),
  approvers: z.strictObject({
    roles: z.array(roleSchema),
    principals: z.array(principalSchema),
    groups: z.array(groupNameSchema),
    quorum: z.int().min(1),
    denials: z.int().min(1).describe('How many must deny'),
    thresholds: z.array(thresholdSchema).describe('Seats to fill besides the quorum'),
    requesterMayApprove: z.boolean(),
    reasonRequired: z.boolean(),
    confirmation: z
      .string()
      .nullable()
      .describe('What to send as `confirmation` with an approval: the name of the target; null: nothing'),
    grants: grantCapViewSchema.nullable().describe('The most that a grant may give; null: there are none'),
    breakGlass: z
      .strictObject({
        role: roleSchema,
        confirmation: z.string().describe('What to send as `confirmation` with it'),
        reviewWithinMs: z.int().min(1),
      })
      .optional()
      .describe('Who may answer alone; absent: nobody'),
  }),
  grants: z.array(proposedGrantViewSchema).describe('Proposed with this request; not those that were revoked'),
  votes: z.array(castVoteViewSchema),
  untold: z
    .array(z.strictObject({ channel: z.string(), problem: z.string().nullable() }))
    .min(1)
    .optional()
    .describe('Channels by which nobody could be told of it: given up, or failing for a minute; absent: none'),
  couldAnswer: z
    .array(principalSchema)
    .nullable()
    .describe('Who could answer when it was asked, as the gate signed it, at most 100; null: not looked for'),
  looked: z.array(lookViewSchema).optional().describe('Who was shown this request by itself. Absent in lists'),
  told: z.array(toldViewSchema).optional().describe('What each channel was told, and when. Absent in lists'),
  you: z.strictObject({
    mayAnswer: z.boolean(),
    mayDeny: z.boolean().describe('Also where you may not approve, such as what you edited'),
    reason: z.string().nullable().describe('Why not'),
    mayBreakGlass: z.literal(true).optional().describe('That you may answer it alone; absent: you may not'),
    answered: voteVerdictSchema
      .optional()
      .describe('What you said last: you have one vote for a request; absent: nothing'),
    answer: firstAnswerSchema.optional().describe('The same, with when and from where; absent: nothing'),
  }),
});
export type ApprovalView = z.infer<typeof approvalViewSchema>;

const shownWhole = 'The same to read: what hides, pads or poses as another sign is an escape, as on the card';
export const approvalArgumentsSchema = z.strictObject({
  nonce: nonceSchema,
  argumentsDigest: digestSchema,
  arguments: z.string().describe('Canonical JSON (RFC 8785), whole; its digest is in the card'),
  shown: z.string().describe(shownWhole),
});
export type ApprovalArguments = z.infer<typeof approvalArgumentsSchema>;

export const wordsAboutSchema = z.enum(['target', 'dry-run']);
export type WordsAbout = z.infer<typeof wordsAboutSchema>;
export const approvalWordsSchema = z.strictObject({
  nonce: nonceSchema,
  about: wordsAboutSchema,
  text: z.string().describe('All that the tool said, redacted; others may have chosen every word'),
  shown: z.string().describe(`${shownWhole}, line by line`),
});
export type ApprovalWords = z.infer<typeof approvalWordsSchema>;

export const approvalListSchema = z.strictObject({
  approvals: z.array(approvalViewSchema),
  unreadable: unreadableListSchema.optional(),
  more: z
    .literal(true)
    .optional()
    .describe('Others may be open besides: ask for more of them, or only for what you may answer'),
  version: z.string().optional().describe('Send it with `waitMs` to be answered when the list has changed'),
});
/** One `data` of the event stream. */
export const approvalEventSchema = z.strictObject({
  kind: z.enum(['requested', 'voted', 'closed']),
  nonce: nonceSchema,
  at: timestampSchema,
  workflowId: workflowIdSchema.nullable(),
  outcome: outcomeSchema.nullable().describe('Of the request as it is now'),
});
export type ApprovalEvent = z.infer<typeof approvalEventSchema>;

export type ApprovalList = z.infer<typeof approvalListSchema>;

export const voteRequestSchema = z.strictObject({
  verdict: voteVerdictSchema
    .extract(['approve', 'deny', 'break-glass'])
    .describe('`break-glass`: alone, in place of the quorum; with a reason and a confirmation, and reviewed by others'),
  cardDigest: digestSchema
    .optional()
    .describe('Of the card that was seen; another one is refused. May be sent as `If-Match` instead'),
  reason: reasonSchema.optional(),
  stop: z.literal(true).optional().describe('With `deny`: the run ends, too'),
  confirmation: z
    .string()
    .max(200)
    .optional()
    .describe(
      'Typed by the person for this one approval, where the terms require it: the word `yes` in a terminal, else the target',
    ),
  grant: grantRequestSchema
    .optional()
    .describe('With `approve`, where the terms allow it: what is approved besides this call'),
  /** Others are for the gateway to say, which knows where a vote came in: a session of the inbox is always `web`. */
  channel: voteBodySchema.shape.channel.extract(['api', 'terminal']).optional().describe('Absent: api'),
});
export type VoteRequest = z.infer<typeof voteRequestSchema>;

const repeated = z.boolean().optional().describe('True: the same idempotency key had cast this vote before');
export const withdrawRequestSchema = z.strictObject({
  reason: reasonSchema.optional(),
  channel: voteRequestSchema.shape.channel,
});
export type WithdrawRequest = z.infer<typeof withdrawRequestSchema>;

const voteReceipt = {
  voteDigest: digestSchema,
  castAt: timestampSchema,
  grantId: grantIdSchema.optional().describe('Of the grant that the vote approves as well'),
};
export const voteAnswerSchema = z.strictObject({
  status: z.enum(['applied', 'late', 'duplicate', 'rejected']),
  repeated,
  outcome: outcomeSchema.nullable().describe('Of the request, once it has one'),
  reason: z.string().nullable().describe('Why it was rejected, or what the first answer was'),
  first: firstAnswerSchema.optional().describe('Of a `duplicate`: the answer that stands'),
  ...voteReceipt,
});
export type VoteAnswer = z.infer<typeof voteAnswerSchema>;
/** Stored and on its way; the run has not answered yet. */
export const voteRecordedSchema = z.strictObject({ status: z.literal('recorded'), repeated, ...voteReceipt });
export const voteResultSchema = z.union([voteAnswerSchema, voteRecordedSchema]);
export type VoteResult = z.infer<typeof voteResultSchema>;

export const reconcileRequestSchema = z.strictObject({
  answer: z.enum(['happened', 'did-not-happen']),
  cardDigest: digestSchema,
  reason: reasonSchema.refine(showsSomething, 'expected a reason that can be read'),
});
export type ReconcileRequest = z.infer<typeof reconcileRequestSchema>;
export const reconciledSchema = z.strictObject({
  status: z.literal('recorded'),
  sequence: z.int().min(1),
  answeredAt: timestampSchema,
});
export type ReconcileResult = z.infer<typeof reconciledSchema>;

export const fleetRequestSchema = z.strictObject({ reason: z.string().min(1).max(500) });
export const fleetStateSchema = z.strictObject({
  frozen: z.boolean(),
  epoch: z.int().min(0),
  signalled: z.int().min(0).describe('Runs told at once; the others see it at their next call'),
});
export type FleetState = z.infer<typeof fleetStateSchema>;

export const healthSchema = z.strictObject({ status: z.literal('ok') });
export const readySchema = z.strictObject({ status: z.enum(['ready', 'not-ready']) });
