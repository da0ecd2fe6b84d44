/**
 * Shapes of activity inputs and results as the record needs them. Signed parts stay `unknown` here: they are opened with the
 * key registry, by whoever draws a conclusion from them. What has another shape reads as `undefined`.
 */
import { z } from 'zod';
import { findingSchema, labelSchema } from '../core/contracts/labels.ts';
import { assistantMessageSchema, tokenUsageSchema } from '../core/contracts/message.ts';
import { executionOutcomes } from '../core/contracts/receipt.ts';

const output = z.strictObject({ text: z.string(), truncated: z.boolean(), bodyDigest: z.string().nullable() });
const toolFacts = z.strictObject({
  effect: z.enum(['read', 'idempotent', 'effect']),
  startToCloseMs: z.number(),
  hasProbe: z.boolean(),
  hasTargetState: z.boolean(),
});

const checkResult = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('decided'),
    decision: z.unknown(),
    arguments: z.string().nullable(),
    tool: toolFacts.nullable(),
    votes: z.array(z.unknown()),
    edited: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('settled'), try: z.number(), receipt: z.unknown(), output }),
  z.strictObject({
    kind: z.literal('in-doubt'),
    try: z.number(),
    voided: z.boolean(),
    settleAfterAt: z.number(),
  }),
  z.strictObject({ kind: z.literal('next-try'), try: z.number(), mayReuseApproval: z.boolean() }),
  z.strictObject({
    kind: z.literal('reconciled'),
    decision: z.unknown(),
    answer: z.enum(['happened', 'did-not-happen', 'unanswered']),
  }),
  z.strictObject({
    kind: z.literal('still-open'),
    notCounted: z.array(z.strictObject({ digest: z.string(), reason: z.string() })),
  }),
  z.strictObject({ kind: z.literal('needs-target-state') }),
  z.strictObject({ kind: z.literal('needs-dry-run') }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), reason: z.string() }),
  z.strictObject({ kind: z.literal('hold'), code: z.string(), reason: z.string() }),
]);
export type CheckRead = z.infer<typeof checkResult>;

const runToolInput = z.looseObject({ permit: z.unknown(), arguments: z.string(), votes: z.array(z.unknown()) });
const runToolResult = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('receipt'), receipt: z.unknown(), output }),
  z.strictObject({ kind: z.literal('not-started'), code: z.string(), reason: z.string() }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), reason: z.string() }),
  z.strictObject({ kind: z.literal('unknown'), reason: z.string() }),
]);
export type RunToolRead = z.infer<typeof runToolResult>;

const verifiedVotes = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('valid'), digest: z.string(), vote: z.unknown() }),
    z.strictObject({ kind: z.literal('invalid'), digest: z.string(), failure: z.string() }),
  ]),
);
export type VerifiedVotesRead = z.infer<typeof verifiedVotes>;

const openResult = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('opened'),
    runEpoch: z.number(),
    limits: z.unknown(),
    inputLabels: z.unknown(),
    taskQueues: z.unknown(),
  }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), reason: z.string() }),
  z.strictObject({ kind: z.literal('hold'), code: z.string(), reason: z.string() }),
]);

const modelResult = z.strictObject({
  message: assistantMessageSchema,
  usage: tokenUsageSchema,
  model: z.string(),
  findings: z.array(findingSchema),
});

const closeInput = z.looseObject({
  outcome: z.string(),
  turns: z.number(),
  calls: z.array(z.looseObject({ callKey: z.string(), outcome: z.enum(executionOutcomes) })),
});

const closeResult = z.strictObject({ findings: z.array(findingSchema), refusal: findingSchema.optional() });
const notifyResult = z.strictObject({
  channels: z.array(z.strictObject({ channel: z.string(), delivered: z.boolean(), detail: z.string() })),
});

const runInput = z.strictObject({ ticket: z.unknown(), input: z.string().nullable(), flow: z.unknown() });
const turnInput = z.looseObject({ turn: z.number() });
const checkInput = z.looseObject({
  turn: z.number(),
  index: z.number(),
  try: z.number(),
  pass: z.number(),
  purpose: z.string(),
  tool: z.string(),
  argumentsText: z.string(),
  previousDecision: z.string().nullable(),
  votes: z.array(z.unknown()),
});
export type CheckInputRead = z.infer<typeof checkInput>;
const compaction = z.strictObject({ text: z.string(), labels: z.array(labelSchema), usage: tokenUsageSchema });

function reader<T>(schema: z.ZodType<T>): (value: unknown) => T | undefined {
  return (value) => schema.safeParse(value).data;
}

export const readCheckResult = reader(checkResult);
export const readRunToolInput = reader(runToolInput);
export const readRunToolResult = reader(runToolResult);
export const readVerifiedVotes = reader(verifiedVotes);
export const readOpenResult = reader(openResult);
export const readModelResult = reader(modelResult);
export const readCloseInput = reader(closeInput);
export const readCloseResult = reader(closeResult);
export const readNotifyResult = reader(notifyResult);
export const readRunInput = reader(runInput);
export const readTurnInput = reader(turnInput);
export const readCheckInput = reader(checkInput);
export const readCompaction = reader(compaction);
