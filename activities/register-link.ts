/**
 * Makes sure that the link which calls is a registered link of its run (contracts.md §2): the successor of the last one, or
 * a reset, which starts a new epoch in which approvals are void. The server's record decides, not the workflow.
 */
import type { ReadLinkOrigin } from '../core/contracts/describe.ts';
import { CountersignError } from '../core/errors.ts';
import type { Clock } from '../core/clock.ts';
import type { RunRow, Store } from '../store/store.ts';

export interface RegisterLinkDependencies {
  store: Store;
  clock: Clock;
  readLinkOrigin: ReadLinkOrigin;
}

/** @throws {CountersignError} `run-refused` where the link does not belong to the run's chain. */
export async function registerLink(
  dependencies: RegisterLinkDependencies,
  run: RunRow,
  linkRunId: string,
): Promise<RunRow> {
  const { store, clock, readLinkOrigin } = dependencies;
  const origin = await readLinkOrigin(run.ticket.body.workflowId, linkRunId);
  if (origin.firstRunId !== run.firstLinkRunId) {
    // A terminated run whose workflow id was started anew has another first run.
    throw refusal(run, 'its chain starts with another link', 'a link of the chain that claimed the ticket');
  }
  const successor = origin.originalRunId === linkRunId && origin.continuedRunId === run.lastLinkRunId;
  const result = await store.registerLink({
    workflowId: run.workflowId,
    linkRunId,
    kind: successor ? 'successor' : 'reset',
    expectedLastLinkRunId: run.lastLinkRunId,
    now: clock.now(),
  });
  if (result.kind === 'registered') return result.run;
  throw refusal(run, 'another link was registered meanwhile', 'to be the only link that opens');
}

function refusal(run: RunRow, is: string, expected: string): CountersignError {
  return new CountersignError(
    'run-refused',
    `Cannot go on with run "${run.workflowId}": ${is}, expected ${expected}; start a new run`,
  );
}
