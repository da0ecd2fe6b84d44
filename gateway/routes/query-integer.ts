/** An integer in a query: digits only. `Number` alone also reads "", "0x10" and "1e2", which nobody means. */
import { z } from 'zod';

const digits = /^(?:0|[1-9][0-9]{0,15})$/;

/** @param schema what the integer must be */
export function queryInteger<T extends z.ZodType<number>>(schema: T): z.ZodPreprocess<T> {
  return z.preprocess((value) => (typeof value === 'string' && digits.test(value) ? Number(value) : value), schema);
}
