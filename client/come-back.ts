/** What a refusal says of when to come back (`retry-after`), kept as the cause of the error that a caller gets. */
import { z } from 'zod';
import type { CountersignError } from '../core/errors.ts';

const told = z.looseObject({ retryAfterMs: z.number().min(0) });

/** Undefined where the gateway said nothing of it. */
export function comeBackAfterMs(error: CountersignError): number | undefined {
  return told.safeParse(error.cause).data?.retryAfterMs;
}
