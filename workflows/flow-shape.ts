/**
 * Whether a link was given what the link before it carries. Imported when a run has a second link, and not before: with the
 * schemas comes their library, which every run would have to evaluate for itself.
 */
import { runFlowSchema } from '../core/contracts/run.ts';

export function hasFlowShape(flow: unknown): boolean {
  return runFlowSchema.safeParse(flow).success;
}
