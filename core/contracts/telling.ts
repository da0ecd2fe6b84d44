/**
 * That a channel told people of a request, or that it gave up: whom it reaches, at which of the request's moments, and when. The
 * gateway's note for those who look back. Nobody signs it, nothing is decided by it, and it is no proof that anybody read it.
 */
import { z } from 'zod';
import { nonceSchema, timestampSchema } from './ids.ts';

/**
 * `escalated`: a reminder that named those whom the escalation of the signed terms brings in. `break-glass`: that one person answered alone; `review-…`: what became of its review. `gave-up`: nobody was told, and nobody
 * tries any more.
 */
export const tellingMomentSchema = z.enum([
  'requested',
  'reminded',
  'escalated',
  'closed',
  'break-glass',
  'review-reminded',
  'review-overdue',
  'review-signed',
  'gave-up',
]);
export type TellingMoment = z.infer<typeof tellingMomentSchema>;

/** Addresses of one channel that are kept; the list of a longer one is cut. */
export const mostReached = 100;

/** One for each request, channel, moment and time that it was due. */
export const tellingSchema = z.strictObject({
  nonce: nonceSchema,
  channel: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  moment: tellingMomentSchema,
  /** Which of the times it is: the same for each repetition. */
  dueAt: timestampSchema,
  toldAt: timestampSchema,
  /** Whom the channel reaches, in its own words: mail addresses, a Slack channel, a receiver. */
  reached: z.array(z.string().min(1).max(320)).max(mostReached),
  /** Why it gave up, in our own words; null: it told. */
  problem: z.string().max(200).nullable(),
});
export type Telling = z.infer<typeof tellingSchema>;
