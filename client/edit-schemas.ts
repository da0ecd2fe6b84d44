/** Answering a request with other arguments, as the gateway takes it. What it gives back is a vote's answer. */
import { z } from 'zod';
import { reasonSchema, voteRequestSchema } from './gateway-schemas.ts';

export const editRequestSchema = z.strictObject({
  arguments: z
    .record(z.string(), z.unknown())
    .describe('All arguments that the call is to have; they go through the gate anew, as a new request'),
  cardDigest: voteRequestSchema.shape.cardDigest,
  reason: reasonSchema.optional(),
  channel: voteRequestSchema.shape.channel,
});
export type EditRequest = z.infer<typeof editRequestSchema>;
