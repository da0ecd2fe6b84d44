/**
 * Continue-as-new at a quiet point. Flow is carried; authority (labels, denials, limits, freeze) is read from the store by
 * whoever needs it. A link never ends with an activity in flight or in the task of a local activity.
 */
import { allHandlersFinished, ApplicationFailure, condition, continueAsNew, sleep } from '@temporalio/workflow';
import type { RunInput } from '../core/contracts/run.ts';
import type { SignedTicket } from '../core/contracts/ticket.ts';
import type { RunMemory } from './run-state.ts';

/** The server takes 2 MiB; an SDK that is refused tries the same again for ever. */
const largestInputBytes = 2_000_000;

/** Thrown through the gate so that every caller unwinds; only agent-run catches it. */
export class NewLinkWanted extends Error {
  override readonly name = 'NewLinkWanted';
}

export async function continueAsNewLink(run: RunMemory, ticket: SignedTicket): Promise<never> {
  run.ending = true;
  await condition(() => allHandlersFinished() && run.inFlight === 0);
  // A task of its own: if a signal races the end of the link, only this task is done again, not a gate's.
  await sleep(1, { summary: 'new link' });
  await condition(() => run.inFlight === 0);
  const next: RunInput = { ticket, input: null, flow: run.flow() };
  const bytes = new TextEncoder().encode(JSON.stringify(next)).length;
  if (bytes > largestInputBytes) throw tooLarge(bytes);
  return await continueAsNew<(input: RunInput) => Promise<unknown>>(next);
}

function tooLarge(bytes: number): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Cannot go on with the run: what its next link needs to know is ${bytes} bytes, expected at most ${largestInputBytes}; start a new run with less context`,
    'run-refused',
  );
}
