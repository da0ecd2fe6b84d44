/** A run's id as a person gives it: another form is said before anybody is asked for it. */
import { workflowIdSchema } from '../core/contracts/ids.ts';
import { CountersignError } from '../core/errors.ts';

const longestShown = 60;

/** @param action such as `show`. @throws {CountersignError} `input-invalid` */
export function runId(action: string, given: string): string {
  if (workflowIdSchema.safeParse(given).success) return given;
  throw new CountersignError(
    'input-invalid',
    `Cannot ${action} run "${given.slice(0, longestShown)}": it is no run id, expected "run-" and a UUID; look at "countersign runs"`,
  );
}
