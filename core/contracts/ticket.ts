/** The ticket: the gateway's leave for one run to exist. Claimed once; identity, policy and labels come from it alone. */
import { z } from 'zod';
import { mostCallsPerTurn } from './call-names.ts';
import { signedSchema } from './envelope.ts';
import {
  agentNameSchema,
  digestSchema,
  layerNameSchema,
  nonceSchema,
  principalSchema,
  roleSchema,
  workflowIdSchema,
} from './ids.ts';
import { labelSchema } from './labels.ts';

export const taskQueuesSchema = z.strictObject({
  agent: z.string().min(1),
  model: z.string().min(1),
  tools: z.string().min(1),
  notify: z.string().min(1),
  record: z.string().min(1),
});
export type TaskQueues = z.infer<typeof taskQueuesSchema>;

/** Upper bounds of one run; absent policy limits never widen these. */
export const runLimitsSchema = z.strictObject({
  turns: z.int().min(1).max(100_000),
  callsPerRun: z.int().min(1).max(1_000_000),
  callsPerTurn: z.int().min(1).max(mostCallsPerTurn),
  refusalsInARow: z.int().min(1).max(100),
  /** History events of one link, after which the run continues as a new one at the next quiet point. */
  eventsPerLink: z.int().min(40).max(20_000),
  /** Tokens of transcript sent to the model before it is compacted. */
  contextTokens: z.int().min(1000),
});
export type RunLimits = z.infer<typeof runLimitsSchema>;

/** A policy above the pack's that a run pins. */
export const pinnedLayerSchema = z.strictObject({
  layer: z.enum(['organisation', 'team']),
  name: layerNameSchema,
  policyDigest: digestSchema,
});
export type PinnedLayer = z.infer<typeof pinnedLayerSchema>;

export const ticketBodySchema = z.strictObject({
  namespace: z.string().min(1),
  workflowId: workflowIdSchema,
  nonce: nonceSchema,
  principal: principalSchema,
  roles: z.array(roleSchema),
  onBehalfOf: principalSchema.nullable(),
  /** Who else is behind the request: who made the key it came with, and who made theirs. Absent: nobody. */
  owners: z.array(principalSchema).min(1).max(50).optional(),
  agent: agentNameSchema,
  environment: z.string().min(1).max(64),
  packDigest: digestSchema,
  policyDigest: digestSchema,
  /** Absent: none was active when the run started. */
  layers: z.array(pinnedLayerSchema).min(1).max(50).optional(),
  inputDigest: digestSchema,
  inputLabels: z.array(labelSchema),
  taskQueues: taskQueuesSchema,
  dryRun: z.boolean(),
  limits: runLimitsSchema,
  parent: workflowIdSchema.nullable(),
  root: workflowIdSchema,
  depth: z.int().min(0).max(0, 'sub-agents do not exist yet: depth must be 0'),
});
export type TicketBody = z.infer<typeof ticketBodySchema>;
export const signedTicketSchema = signedSchema('ticket', ticketBodySchema);
export type SignedTicket = z.infer<typeof signedTicketSchema>;

/** Everybody whose request the run is; none of them approves it. */
export function requestersOf({ principal, onBehalfOf, owners = [] }: TicketBody): string[] {
  return [...new Set([principal, ...(onBehalfOf === null ? [] : [onBehalfOf]), ...owners])];
}
