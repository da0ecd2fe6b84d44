/** Runs that the server starts for the attacker: on a schedule, again after a failure, with a signal, in place of another. */
import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import type { SignedTicket } from '../../../../core/contracts/ticket.ts';
import type { AttackCase } from '../case.ts';
import { send, sent } from '../case.ts';
import type { Stage } from '../stage.ts';
import { until } from '../../../support/until.ts';
import { payloadsOf } from '../stolen-tasks.ts';
import { asked, forgedTicket, start, stolenTicket } from '../own-runs.ts';

export const serverStarts: readonly AttackCase[] = [
  {
    id: 'start-cron',
    attack:
      'starts a stolen ticket’s run with its own words, as a cron: each next run is named the successor of the last',
    // Each of its runs fails before it could see a cancellation.
    ends: 'terminate',
    effects: 0,
    shows: { verdict: 'differs', by: ['chain'] },
    async play(stage) {
      const { ticket, input } = await stolenTicket(stage, false);
      const { workflowId } = ticket.body;
      const run = await start(stage, workflowId, [{ ticket, input, flow: null }], { cronSchedule: '@every 1s' });
      await until('the cron to start a next run', async () => {
        const { runId } = await stage.client.workflow.getHandle(workflowId).describe();
        return runId !== run.linkRunId;
      });
      return run;
    },
  },
  {
    id: 'start-with-retries',
    attack: 'starts a stolen ticket’s run with a retry policy, so that its refusal would start another link',
    ...asked,
    shows: { verdict: 'differs', by: ['chain'] },
    async play(stage) {
      const { ticket } = await stolenTicket(stage, false);
      const retryPolicy = { initialInterval: msToTs('1s'), maximumAttempts: 3 };
      const input = { ticket, input: 'words of my own', flow: null };
      return await start(stage, ticket.body.workflowId, [input], { retryPolicy });
    },
  },
  {
    id: 'start-by-schedule',
    attack: 'has a schedule start a run with a stolen ticket',
    ...asked,
    shows: forgedTicket,
    async play(stage) {
      const { ticket, input } = await stolenTicket(stage, false);
      const { client, harness } = stage;
      const scheduleId = `attack-${randomUUID()}`;
      const handle = await client.schedule.create({
        scheduleId,
        spec: {},
        action: {
          type: 'startWorkflow',
          workflowType: 'agentRun',
          workflowId: ticket.body.workflowId,
          taskQueue: harness.taskQueues.agent,
          args: [{ ticket, input, flow: null }],
        },
        state: { triggerImmediately: true },
      });
      try {
        const started = await startedBy(stage, handle.scheduleId);
        return stage.ownRun(started.workflowId, started.runId);
      } finally {
        await handle.delete();
      }
    },
  },
  {
    id: 'start-by-signal',
    attack: 'starts an ended run anew by signal-with-start, with its ticket and a vote',
    ...asked,
    shows: { verdict: 'differs', by: ['chain'] },
    async play(stage) {
      const { ticket, input } = await stolenTicket(stage, true);
      const { client, namespace, harness } = stage;
      const { workflowId } = ticket.body;
      const { runId } = await client.workflowService.signalWithStartWorkflowExecution({
        namespace,
        workflowId,
        workflowType: { name: 'agentRun' },
        taskQueue: { name: harness.taskQueues.agent },
        input: payloadsOf({ ticket, input, flow: null }),
        requestId: randomUUID(),
        signalName: 'vote',
        signalInput: payloadsOf({ verdict: 'approve' }),
        workflowIdReusePolicy:
          proto.temporal.api.enums.v1.WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
      });
      return stage.ownRun(workflowId, runId);
    },
  },
  {
    id: 'start-replaces-a-waiting-run',
    attack:
      'terminates a run that waits for an approval and starts it anew under its id, with its ticket, before the vote',
    ...asked,
    shows: { verdict: 'differs', by: ['chain'] },
    async play(stage) {
      const run = await stage.victim([send, sent]);
      const ask = await run.ask();
      const { ticket } = (await stage.harness.door.runInput(run.workflowId)) as { ticket: SignedTicket };
      const policy =
        proto.temporal.api.enums.v1.WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING;
      const replaced = await start(stage, run.workflowId, [{ ticket, input: run.input, flow: null }], {
        workflowIdConflictPolicy: policy,
        workflowIdReusePolicy: 0,
      });
      await run.castVote(ask).catch(() => undefined);
      return replaced;
    },
  },
];

async function startedBy({ client }: Stage, scheduleId: string): Promise<{ workflowId: string; runId: string }> {
  return await until('the schedule to start a run', async () => {
    const { info } = await client.schedule.getHandle(scheduleId).describe();
    const [last] = info.recentActions;
    if (last?.action.type !== 'startWorkflow') return undefined;
    const { workflowId, firstExecutionRunId } = last.action.workflow;
    return { workflowId, runId: firstExecutionRunId };
  });
}
