/** The body of a ticket for one run of the agent `ops`, started by `rita`, as tests and benches of the gate claim it. */
import type { TicketBody } from '../../core/contracts/ticket.ts';
import { digestText } from '../../core/digest.ts';

/** Digest of nothing, where nobody looks at what a digest is of. */
export const zero = digestText('body', '');

export function aTicketBody(workflowId: string, policyDigest: string, changes: Partial<TicketBody> = {}): TicketBody {
  return {
    namespace: 'default',
    workflowId,
    nonce: '33333333-3333-4333-8333-333333333333',
    principal: 'rita',
    roles: ['operator'],
    onBehalfOf: null,
    agent: 'ops',
    environment: 'local',
    packDigest: zero,
    policyDigest,
    inputDigest: digestText('input', 'go'),
    inputLabels: ['operator'],
    taskQueues: { agent: 'a', model: 'a', tools: 'tools', notify: 'a', record: 'a' },
    dryRun: false,
    limits: {
      turns: 9,
      callsPerRun: 9,
      callsPerTurn: 9,
      refusalsInARow: 3,
      eventsPerLink: 1000,
      contextTokens: 1000,
    },
    parent: null,
    root: workflowId,
    depth: 0,
    ...changes,
  };
}
