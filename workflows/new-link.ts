/**
 * Continue-as-new at a quiet point. Flow is carried; authority (labels, denials, limits, freeze) is read from the store by
 * whoever needs it. A link never ends with an activity in flight or in the task of a local activity.
 */
import { allHandlersFinished, condition, continueAsNew, sleep } from '@temporalio/workflow';
import type { RunInput } from '../core/contracts/run.ts';
import type { SignedTicket } from '../core/contracts/ticket.ts';
import type { RunMemory } from './run-state.ts';

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
  return await continueAsNew<(input: RunInput) => Promise<unknown>>({ ticket, input: null, flow: run.flow() });
}
