/**
 * That a person was shown a request's card: who, from where, how authenticated, which card. The gateway's note for those who look
 * back. Nobody signs it, nothing is decided by it, and who is in no such note may still have read the card elsewhere.
 */
import { z } from 'zod';
import { channelSchema, voteBodySchema } from './approval.ts';
import { digestSchema, nonceSchema, principalSchema, timestampSchema } from './ids.ts';

/** One for each person, request, card and channel. */
export const lookSchema = z.strictObject({
  nonce: nonceSchema,
  principal: principalSchema,
  channel: channelSchema,
  /** Of the card as it was shown. */
  cardDigest: digestSchema,
  /** At the last time. */
  authenticated: voteBodySchema.shape.authenticated.pick({ method: true, credentialId: true, via: true }),
  firstAt: timestampSchema,
  lastAt: timestampSchema,
  times: z.int().min(1),
});
export type Look = z.infer<typeof lookSchema>;
