/** The tools worker's signed record of what an execution came to. It cannot prove that a result was true, only who said so. */
import { z } from 'zod';
import { signedSchema } from './envelope.ts';
import {
  callKeySchema,
  digestSchema,
  linkRunIdSchema,
  purposeSchema,
  timestampSchema,
  workflowIdSchema,
} from './ids.ts';
import { findingSchema, labelSchema } from './labels.ts';

export const executionOutcomes = ['succeeded', 'failed', 'unknown', 'not-started', 'refused', 'dry-run'] as const;
export const executionOutcomeSchema = z.enum(executionOutcomes);
export type ExecutionOutcome = z.infer<typeof executionOutcomeSchema>;

export const fenceStates = ['reserved', 'executing', 'consumed', 'void'] as const;
export const fenceStateSchema = z.enum(fenceStates);
export type FenceState = z.infer<typeof fenceStateSchema>;

/** Of one receipt: it stands in the history and in the store. */
export const mostReceiptFindings = 20;

export const receiptBodySchema = z.strictObject({
  callKey: callKeySchema,
  try: z.int().min(1),
  purpose: purposeSchema,
  workflowId: workflowIdSchema,
  linkRunId: linkRunIdSchema,
  activityId: z.string().min(1),
  attempt: z.int().min(1),
  permitDigest: digestSchema,
  outcome: executionOutcomeSchema,
  /** Content digest of the whole redacted output text. */
  outputDigest: digestSchema,
  labels: z.array(labelSchema),
  startedAt: timestampSchema,
  endedAt: timestampSchema,
  /** Purpose `probe`: what the tool's probe answered. Evidence, not proof. */
  probe: z.enum(['happened', 'did-not-happen', 'unknown']).nullable(),
  /** Purpose `void`: the state the fence row was in when it was made void. */
  voidedFrom: z.enum(['absent', ...fenceStates]).nullable(),
  /** Purpose `target-state`: digest of what was read. */
  targetStateDigest: digestSchema.nullable(),
  /** What the afterTool guards found in the output, worst first; absent: nothing. */
  findings: z.array(findingSchema).min(1).max(mostReceiptFindings).optional(),
  /** The guard that kept the output back: it is nowhere recorded, and `outputDigest` is of the words in its place. */
  withheldBy: z.string().min(1).max(64).optional(),
});
export type ReceiptBody = z.infer<typeof receiptBodySchema>;
export const signedReceiptSchema = signedSchema('receipt', receiptBodySchema);
export type SignedReceipt = z.infer<typeof signedReceiptSchema>;
