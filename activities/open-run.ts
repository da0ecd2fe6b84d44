/**
 * Every link's first act (contracts.md §2): claims the ticket in the first link, registers the link in every other one.
 * A run without a valid, unused ticket for exactly this workflow and input does not open.
 */
import type { Hold, OpenRunInput, OpenRunResult, RunRefused } from '../core/contracts/activities.ts';
import type { ErrorCode } from '../core/contracts/errors.ts';
import { signedTicketSchema, type TicketBody } from '../core/contracts/ticket.ts';
import { digestJson, digestText } from '../core/digest.ts';
import { type KeyRegistry, openEnvelope } from '../core/envelope.ts';
import { CountersignError } from '../core/errors.ts';
import type { RunRow } from '../store/store.ts';
import { faultText } from './fault-text.ts';
import { holdOf } from './hold-on-fault.ts';
import { type LocalCaller, type ReadCaller, readLocalCaller } from './local-activity.ts';
import { type RegisterLinkDependencies, registerLink } from './register-link.ts';

export interface OpenRunDependencies extends RegisterLinkDependencies {
  registry: KeyRegistry;
  audience: string;
  namespace: string;
  /** The beforeAgent guards and block lists, as the policies of the run say. @returns why it does not open */
  checkStart(text: string, ticket: TicketBody): Promise<string | undefined>;
  readCaller?: ReadCaller;
}

export function createOpenRun(dependencies: OpenRunDependencies): (input: OpenRunInput) => Promise<OpenRunResult> {
  return async (input) => {
    try {
      const called = (dependencies.readCaller ?? readLocalCaller)();
      if (called.kind === 'not-local') return refused('run-refused', `Cannot open a run: ${called.reason}`);
      return await openRun(dependencies, called.caller, input);
    } catch (error) {
      return faultResult(error);
    }
  };
}

async function openRun(
  dependencies: OpenRunDependencies,
  caller: LocalCaller,
  input: OpenRunInput,
): Promise<OpenRunResult> {
  const { store, clock } = dependencies;
  const known = await store.getRun(caller.workflowId);
  if (known && known.firstLinkRunId !== caller.linkRunId) {
    // Who takes a workflow task without our keys can start the next link with a ticket of its own making: queues, limits.
    if (digestJson('ticket', input.ticket) !== known.ticketDigest)
      return refused('ticket-invalid', 'its ticket is not the one that the run was opened with');
    const run =
      known.lastLinkRunId === caller.linkRunId ? known : await registerLink(dependencies, known, caller.linkRunId);
    return opened(run);
  }
  const ticket = openEnvelope(input.ticket, {
    schema: signedTicketSchema,
    audience: dependencies.audience,
    registry: dependencies.registry,
    // Its expiry limits the claim only: a run that was claimed opens again after a crash, however late.
    now: known ? null : clock.now(),
  });
  if (ticket.kind === 'rejected') return refused('ticket-invalid', `its ticket is ${ticket.failure}`);
  const mismatch = ticketMismatch(ticket.signed.body, dependencies.namespace, caller, input);
  if (mismatch) return refused('ticket-invalid', mismatch);
  const against = await dependencies.checkStart(input.input ?? '', ticket.signed.body);
  if (against !== undefined) return refused('input-refused', against);
  const claim = await store.claimTicket({
    ticket: ticket.signed,
    ticketDigest: digestJson('ticket', ticket.signed),
    linkRunId: caller.linkRunId,
    now: clock.now(),
  });
  if (claim === 'claimed-by-other') return refused('ticket-invalid', 'its ticket was used before');
  const run = await store.getRun(caller.workflowId);
  return run ? opened(run) : refused('ticket-invalid', 'its claim is gone');
}

function ticketMismatch(
  body: TicketBody,
  namespace: string,
  caller: LocalCaller,
  input: OpenRunInput,
): string | undefined {
  if (body.workflowId !== caller.workflowId) return 'its ticket is for another run';
  if (body.namespace !== namespace) return 'its ticket is for another namespace';
  if (input.firstRunId !== caller.linkRunId) return 'it is not the first link and no link before it was opened';
  if (input.input === null || digestText('input', input.input) !== body.inputDigest)
    return 'its ticket is for another input';
  return undefined;
}

function opened(run: RunRow): OpenRunResult {
  const { limits, taskQueues, inputLabels } = run.ticket.body;
  return { kind: 'opened', runEpoch: run.runEpoch, limits, taskQueues, inputLabels };
}

function refused(code: ErrorCode, is: string): RunRefused {
  const remedy = code === 'input-refused' ? 'start a new run without it' : 'start a new run through the gateway';
  return { kind: 'refused', code, reason: `Cannot open the run: ${is}; ${remedy}` };
}

function faultResult(error: unknown): Hold | RunRefused {
  const hold = holdOf(error);
  if (hold) return hold;
  if (error instanceof CountersignError) return { kind: 'refused', code: error.code, reason: error.message };
  return refused('internal-fault', faultText('opening it', error));
}
