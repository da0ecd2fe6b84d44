/**
 * What a run was started with: from the claimed ticket in the store, or while no worker has opened the run, from the
 * server's record of its start. Either way only a ticket that this gateway signed for this run is believed.
 */
import { z } from 'zod';
import type { RunView } from '../client/gateway-schemas.ts';
import type { TicketBody } from '../core/contracts/ticket.ts';
import type { RunRow } from '../store/store.ts';
import type { GatewayContext } from './options.ts';
import { openTicket } from './verified.ts';

export interface KnownStart {
  /** Null: no worker has opened it. */
  row: RunRow | null;
  /** Undefined: it was not signed here for this run. */
  ticket: TicketBody | undefined;
  linkRunId: string;
  running: boolean;
}

const startedWith = z.object({ ticket: z.unknown() });

/** Undefined where neither store nor server know the run. @throws {CountersignError} `server-unavailable` */
export async function knownStart(gateway: GatewayContext, workflowId: string): Promise<KnownStart | undefined> {
  const row = await gateway.store.getRun(workflowId);
  if (row) {
    const ticket = openTicket(gateway, row.ticket, workflowId);
    return { row, ticket, linkRunId: row.firstLinkRunId, running: row.closedAt === null };
  }
  const link = await gateway.door.currentLink(workflowId);
  if (!link) return undefined;
  const input = startedWith.safeParse(await gateway.door.runInput(workflowId));
  const ticket = openTicket(gateway, input.data?.ticket, workflowId);
  return { row: null, ticket, linkRunId: link.linkRunId, running: link.status === 'running' };
}

/** @param running where no row says so: whether the server has it running */
export function runViewOf(ticket: TicketBody, row: RunRow | null, running: boolean): RunView {
  const status = row ? (row.closedAt === null ? 'open' : 'closed') : running ? 'starting' : 'closed';
  return {
    workflowId: ticket.workflowId,
    agent: ticket.agent,
    environment: ticket.environment,
    principal: ticket.principal,
    onBehalfOf: ticket.onBehalfOf,
    dryRun: ticket.dryRun,
    packDigest: ticket.packDigest,
    policyDigest: ticket.policyDigest,
    status,
    openedAt: row?.openedAt ?? null,
    closedAt: row?.closedAt ?? null,
    outcome: row?.outcome ?? null,
    runEpoch: row?.runEpoch ?? 0,
  };
}
