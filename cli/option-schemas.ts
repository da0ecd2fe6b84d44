/** Options of several commands, with words for people where zod's own would speak of numbers that are not numbers. */
import { z } from 'zod';

function wholeNumber(least: number, most: number): z.ZodType<number> {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.string().regex(/^\d+$/u, error).transform(Number).pipe(z.number().min(least, error).max(most, error));
}

/** 0: any free one. */
export const portSchema = wholeNumber(0, 65_535);
/** How many of a list. */
export const limitSchema = wholeNumber(1, 200);
/** Milliseconds since the Unix epoch. */
export const timeSchema = wholeNumber(0, Number.MAX_SAFE_INTEGER);
