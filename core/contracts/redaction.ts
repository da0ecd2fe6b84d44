/**
 * What is kept of a secret that redaction took out, for who switched that on: encrypted, under the mark that stands in its place.
 * The secret itself is in no shape here.
 */
import { z } from 'zod';
import { timestampSchema, workflowIdSchema } from './ids.ts';

/** What stands between `[secret:` and `]`. Two secrets of a run may share one: its digits are four. */
export const markSchema = z
  .string()
  .regex(/^[a-z0-9-]{1,40}:[0-9a-f]{4}$/, 'expected a mark such as github-token:3f2a')
  .describe('Of a redaction: what stands between `[secret:` and `]`');

export const redactionSchema = z.strictObject({
  workflowId: workflowIdSchema,
  mark: markSchema,
  /** Keyed digest of run, mark and secret: the same secret is kept once. Nobody without the key can try guesses against it. */
  entry: z.string().regex(/^[0-9a-f]{64}$/),
  /** Derived from the key; tells keys apart and nothing of them. */
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /** 96 random bits, base64url. */
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16}$/),
  /** Ciphertext and tag of 16 bytes, base64url. Every other field is authenticated with it. */
  sealed: z.string().regex(/^[A-Za-z0-9_-]{22,}$/),
  keptAt: timestampSchema,
});
export type Redaction = z.infer<typeof redactionSchema>;

/** What became of an attempt to read one. */
export const redactionOutcomes = ['shown', 'forbidden', 'not-found', 'no-key', 'other-key', 'tampered'] as const;
export type RedactionOutcome = (typeof redactionOutcomes)[number];
