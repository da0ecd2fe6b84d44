/** A grant's id as somebody typed it. What cannot be one is not there: the same answer as for one that nobody made. */
import { grantIdSchema } from '../core/contracts/ids.ts';
import { CountersignError } from '../core/errors.ts';

const longestShown = 60;

/** @throws {CountersignError} `not-found` */
export function grantId(action: string, given: string): string {
  if (grantIdSchema.safeParse(given).success) return given;
  throw new CountersignError(
    'not-found',
    `Cannot ${action} grant "${given.slice(0, longestShown)}": it is no grant's id, expected one such as k3v9x0a1b2c3; look at "countersign grants list"`,
  );
}
