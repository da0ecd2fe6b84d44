/**
 * The shape of `agent.yaml`: what an agent is, before its policy and tools are looked at. Unknown keys are refused; every
 * default is on the narrow side.
 */
import { z } from 'zod';
import { agentNameSchema, toolNameSchema } from '../core/contracts/ids.ts';
import { labelSchema } from '../core/contracts/labels.ts';
import { modelSettingsSchema } from '../core/contracts/pack.ts';
import { type RunLimits, runLimitsSchema } from '../core/contracts/ticket.ts';

/** Limits of a run whose pack does not say others. */
export const defaultLimits: RunLimits = {
  turns: 200,
  callsPerRun: 1000,
  callsPerTurn: 16,
  refusalsInARow: 3,
  eventsPerLink: 1500,
  contextTokens: 100_000,
};

export const agentFileSchema = z.strictObject({
  name: agentNameSchema.describe('Small letters, digits and hyphens'),
  description: z.string().max(1000).optional().describe('For people; the model does not see it'),
  instructions: z.string().min(1).max(100_000).describe('What the model is told before everything else'),
  model: modelSettingsSchema.describe('Which model, over which API'),
  limits: runLimitsSchema.partial().optional().describe('Upper bounds of one run'),
  environment: z.string().min(1).max(64).default('local').describe('Where it works; policies can ask for it'),
  inputLabels: z.array(labelSchema).default(['operator']).describe('Where the text of its users comes from'),
  tools: z.array(toolNameSchema).max(500).describe('Names of the tools it may ask for; the others stay out of reach'),
});
export type AgentFile = z.infer<typeof agentFileSchema>;
export type AgentFileInput = z.input<typeof agentFileSchema>;

export function limitsOf(file: Pick<AgentFile, 'limits'>): RunLimits {
  return {
    ...defaultLimits,
    ...Object.fromEntries(Object.entries(file.limits ?? {}).filter(([, value]) => value !== undefined)),
  };
}
