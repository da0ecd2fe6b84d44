/** A grant's id as somebody typed it. What cannot be one is not there: the same answer as for one that nobody made. */
import { grantIdSchema } from '../core/contracts/ids.ts';
import { CountersignError } from '../core/errors.ts';
import { shownInput } from './shown-input.ts';

/** @throws {CountersignError} `not-found` */
export function grantId(action: string, given: string): string {
  if (grantIdSchema.safeParse(given).success) return given;
  throw new CountersignError(
    'not-found',
    `Cannot ${action} grant "${shownInput(given)}": it is no grant's id, expected one such as k3v9x0a1b2c3; look at "countersign grants list"`,
  );
}
