/** What requests that answer have in common: whose request it is, which card was seen, from which channel, and a retry's key. */
import { z } from 'zod';
import type { VoteRequest } from '../../client/gateway-schemas.ts';
import type { Channel } from '../../core/contracts/approval.ts';
import { nonceSchema } from '../../core/contracts/ids.ts';
import { CountersignError } from '../../core/errors.ts';
import type { Caller } from '../sessions.ts';

export const askParameters = z.strictObject({ nonce: nonceSchema });
export const voteHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .describe('A repeated request with the same key and vote is answered as the first'),
  'if-match': z
    .string()
    .regex(/^"sha256:[0-9a-f]{64}"$/)
    .optional()
    .describe('The ETag of the request as it was seen: the digest of its card'),
});

/**
 * Where a vote came in is for the gateway to say: what a page sends with its session came from the page, whatever it says,
 * or it would choose by which channel's terms it is judged. A key says no more than which program holds it.
 */
export function channelOf(caller: Caller, said: VoteRequest['channel']): Channel {
  return caller.via === undefined ? (said ?? 'api') : 'web';
}

/**
 * @param action for the message, such as `take this vote`
 * @throws {CountersignError} `input-invalid` where neither body nor header says which card was seen, or they differ
 */
export function seenCard(inBody: string | undefined, inHeader: string | undefined, action: string): string {
  if (inBody !== undefined && inHeader !== undefined && inBody !== inHeader) {
    throw unseen(action, 'the body and If-Match name two cards');
  }
  const seen = inBody ?? inHeader;
  if (seen === undefined) throw unseen(action, 'it does not say which card was seen');
  return seen;
}

function unseen(action: string, is: string): CountersignError {
  return new CountersignError(
    'input-invalid',
    `Cannot ${action}: ${is}, expected the digest of one card, as "cardDigest" or as If-Match; send what you were shown`,
  );
}
