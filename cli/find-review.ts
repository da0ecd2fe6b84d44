/** A review by what a person types: the nonce of its request, or the beginning of one that is open. */
import type { Countersign } from '../client/gateway-client.ts';
import type { ReviewView } from '../client/review-schemas.ts';
import { nonceSchema } from '../core/contracts/ids.ts';
import { CountersignError } from '../core/errors.ts';
import { shownInput } from './shown-input.ts';

const shortest = 4;

/** @throws {CountersignError} `not-found`, `input-invalid` for a beginning that fits several */
export async function findReview(gateway: Countersign, given: string): Promise<ReviewView> {
  if (nonceSchema.safeParse(given).success) return await gateway.reviews.get(given);
  const { reviews } = await gateway.reviews.list({ state: 'all', limit: 200 });
  const [first, ...others] = reviews.filter(({ nonce }) => given.length >= shortest && nonce.startsWith(given));
  if (!first) {
    throw new CountersignError(
      'not-found',
      `Cannot find review "${shownInput(given)}": none has this id, expected a nonce or its first ${shortest} characters or more; look at "countersign reviews list --all"`,
    );
  }
  if (others.length === 0) return first;
  throw new CountersignError(
    'input-invalid',
    `Cannot find review "${shownInput(given)}": ${others.length + 1} reviews begin so, expected one; type more of it`,
  );
}
