/**
 * What a run is started with, carries from link to link (flow only: contracts.md §5), answers to queries and ends with.
 * A signal's payload is unknown until parsed; nobody believes any of this for security.
 */
import { z } from 'zod';
import type { RunOutcome } from './activities.ts';
import { signedVoteSchema } from './approval.ts';
import { signedDecisionSchema } from './decision.ts';
import { callKeySchema, digestSchema, timestampSchema } from './ids.ts';
import { assistantMessageSchema, messageSchema, modelCallSchema, toolMessageSchema } from './message.ts';
import { type ExecutionOutcome, executionOutcomeSchema } from './receipt.ts';
import type { SignedTicket } from './ticket.ts';

export interface RunInput {
  ticket: SignedTicket;
  /** The user's text in the first link, null after. */
  input: string | null;
  flow: RunFlow | null;
}

/** What became of a call; a refusal is a result too. */
export const callResultSchema = z.strictObject({
  callKey: callKeySchema,
  tool: z.string().max(64),
  kind: z.enum(['executed', 'refused', 'unknown']),
  outcome: executionOutcomeSchema,
  /** Rule id that decided a refusal. */
  rule: z.string().nullable(),
  /** For the model. */
  message: toolMessageSchema,
});
export type CallResult = z.infer<typeof callResultSchema>;

/** A call's place on its way through the gate. */
export const callProgressSchema = z.strictObject({
  index: z.int().min(0),
  call: modelCallSchema,
  try: z.int().min(1),
  /** Of the next check-call. */
  pass: z.int().min(1),
  /** Asks made so far. */
  rounds: z.int().min(0),
  /** The ask that waits for votes, or that an approval came from. */
  ask: signedDecisionSchema.nullable(),
  previousDecision: digestSchema.nullable(),
  /** What is settled about a try in doubt, and next. */
  doubt: z
    .strictObject({
      try: z.int().min(1),
      step: z.enum(['void', 'probe', 'reconcile']),
      settleAfterAt: timestampSchema,
    })
    .nullable(),
  result: callResultSchema.nullable(),
  /** What people made of its arguments: RFC 8785 text, and the gate's decision that says so. Absent: they are the model's. */
  edited: z.strictObject({ arguments: z.string(), decision: signedDecisionSchema }).optional(),
});
export type CallProgress = z.infer<typeof callProgressSchema>;

const countSchema = z.int().min(0);

/**
 * A link checks it before anything else: who takes a workflow task without our keys can hand on anything as the next link's
 * input, and what is not of these types would make every task of that link fail.
 */
export const runFlowSchema = z.strictObject({
  messages: z.array(messageSchema),
  turn: countSchema,
  /** Set while calls of a turn are on their way. */
  midTurn: z.strictObject({ assistant: assistantMessageSchema, calls: z.array(callProgressSchema) }).nullable(),
  refusalsInARow: z.strictObject({ tool: z.string(), count: countSchema }),
  /** Verified votes held for open requests. */
  votes: z.array(signedVoteSchema),
  /** Signals that were not looked at yet. */
  inbox: z.array(z.unknown()),
  /** Set where a vote was dropped for want of room and the gate has not looked among the stored ones since. */
  missedVotes: z.literal(true).optional(),
  /** Votes and signals that did not fit or verify, counted; never counted as votes. */
  rejected: z.strictObject({ count: countSchema, digests: z.array(z.string()) }),
  counters: z.strictObject({
    calls: countSchema,
    links: countSchema,
    inputTokens: countSchema,
    outputTokens: countSchema,
  }),
  calls: z.array(z.strictObject({ callKey: callKeySchema, outcome: executionOutcomeSchema })),
});
export type RunFlow = z.infer<typeof runFlowSchema>;

export type VoteStatus =
  | { status: 'checking' }
  /** Counted for an open request; `outcome` once the request has one. */
  | { status: 'applied'; outcome: string | null }
  | { status: 'late' }
  | { status: 'duplicate' }
  | { status: 'rejected'; reason: string }
  | { status: 'unknown' };

/** `in-doubt`: whether it happened is being found out (void, probe); then people may be asked. */
type CallStage = 'gating' | 'waiting-for-approval' | 'executing' | 'in-doubt';

export interface RunState {
  workflowId: string;
  agent: string;
  state: 'opening' | 'working' | 'waiting-for-approval' | 'held' | 'closing' | 'ended';
  turn: number;
  link: number;
  /** Why the run holds, for operators. */
  hold: string | null;
  approvals: {
    approvalId: string;
    nonce: string;
    tool: string;
    kind: 'call' | 'reconcile';
    deadlineAt: number;
    votes: number;
  }[];
  /** `state`: the outcome once there is one, else where the call is. */
  calls: { callKey: string; tool: string; state: ExecutionOutcome | CallStage; rule: string | null }[];
  counters: RunFlow['counters'];
  rejectedVotes: number;
}

export interface RunResult {
  outcome: RunOutcome;
  /** The model's last words, or why the run ended. */
  text: string;
  turns: number;
  calls: number;
}
