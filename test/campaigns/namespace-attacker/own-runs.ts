/** Runs that the attacker starts itself, and the tickets that it has for them. */
import { randomUUID } from 'node:crypto';
import proto, { type temporal } from '@temporalio/proto';
import type { SignedTicket, TicketBody } from '../../../core/contracts/ticket.ts';
import type { Victim } from './case.ts';
import type { Stage } from './stage.ts';
import { payloadsOf } from './stolen-tasks.ts';

/** Its history differs: nobody opened it, and the store does not know it. */
export const unknownRun = { verdict: 'differs', by: ['store-run'] } as const;

export const forgedTicket = { verdict: 'differs', by: ['ticket'] } as const;

export const asked = { ends: 'itself', effects: 0 } as const;

export type StartRequest = Partial<temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest>;

/** Any start that the server takes, on the workers' own queue. */
export async function start(
  stage: Stage,
  workflowId: string,
  args: unknown[],
  changes: StartRequest = {},
): Promise<Victim> {
  const { client, namespace, harness } = stage;
  const { runId } = await client.workflowService.startWorkflowExecution({
    namespace,
    workflowId,
    requestId: randomUUID(),
    workflowType: { name: 'agentRun' },
    taskQueue: { name: harness.taskQueues.agent },
    input: payloadsOf(...args),
    workflowIdReusePolicy: proto.temporal.api.enums.v1.WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
    ...changes,
  });
  return stage.ownRun(workflowId, runId);
}

export function aTicket({ harness }: Stage, changes: Partial<TicketBody> = {}, input = 'a run of mine'): SignedTicket {
  return harness.desk.ticket(harness.pack, input, harness.taskQueues, changes);
}

/** A run that was ended at once, with its ticket: stolen before (or after) anybody claimed it. */
export async function stolenTicket(stage: Stage, claimed: boolean): Promise<{ ticket: SignedTicket; input: string }> {
  const { client, harness } = stage;
  const agent = claimed ? harness.taskQueues.agent : stage.lonelyQueue('agent');
  const run = await stage.victim([{ text: 'Done.' }], { agent });
  const handle = client.workflow.getHandle(run.workflowId);
  if (claimed) await run.result();
  else await handle.terminate('mine now');
  const { ticket } = (await harness.door.runInput(run.workflowId)) as { ticket: SignedTicket };
  return { ticket, input: run.input };
}
