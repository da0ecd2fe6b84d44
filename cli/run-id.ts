/** A run's id as a person gives it: another form is said before anybody is asked for it. */
import { workflowIdSchema } from '../core/contracts/ids.ts';
import { CountersignError } from '../core/errors.ts';
import { shownInput } from './shown-input.ts';

/** @param action such as `show`. @throws {CountersignError} `input-invalid` */
export function runId(action: string, given: string): string {
  if (workflowIdSchema.safeParse(given).success) return given;
  throw new CountersignError(
    'input-invalid',
    `Cannot ${action} run "${shownInput(given)}": it is no run id, expected "run-" and a UUID; look at "countersign runs"`,
  );
}
