/** Options of several commands, with words for people where zod's own would speak of numbers that are not numbers. */
import { z } from 'zod';
import { principalSchema } from '../core/contracts/ids.ts';

function wholeNumber(least: number, most: number): z.ZodType<number> {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.string().regex(/^\d+$/u, error).transform(Number).pipe(z.number().min(least, error).max(most, error));
}

/** 0: any free one. */
export const portSchema = wholeNumber(0, 65_535);
/** Who somebody is. */
export const principalOption = z.string().refine((text) => principalSchema.safeParse(text).success, {
  error: 'expected a name without spaces, as the gateway knows it',
});
/** How many of a list. */
export const limitSchema = wholeNumber(1, 200);
/** Milliseconds since the Unix epoch. */
export const timeSchema = wholeNumber(0, Number.MAX_SAFE_INTEGER);
/** Whole days; servers refuse less than one. */
export const dayCountSchema = wholeNumber(1, 3650);
