/** Runs that the attacker starts itself: with forged, stolen and used tickets, in every way in which the server starts a workflow. */
import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto, { type temporal } from '@temporalio/proto';
import type { SignedTicket, TicketBody } from '../../../../core/contracts/ticket.ts';
import type { AttackCase, Victim } from '../case.ts';
import { send, sent } from '../case.ts';
import { forge, someRunId } from '../forged.ts';
import type { Stage } from '../stage.ts';
import { until } from '../../../support/until.ts';
import { payloadsOf } from '../stolen-tasks.ts';

/** Its history differs: nobody opened it, and the store does not know it. */
const unknownRun = { verdict: 'differs', by: ['store-run'] } as const;
const forgedTicket = { verdict: 'differs', by: ['ticket', 'store-run'] } as const;
const asked = { ends: 'itself', effects: 0 } as const;
type StartRequest = Partial<temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest>;

/** Any start that the server takes, on the workers' own queue. */
async function start(stage: Stage, workflowId: string, args: unknown[], changes: StartRequest = {}): Promise<Victim> {
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

function aTicket({ harness }: Stage, changes: Partial<TicketBody> = {}, input = 'a run of mine'): SignedTicket {
  return harness.desk.ticket(harness.pack, input, harness.taskQueues, changes);
}

/** A run that was ended at once, with its ticket: stolen before (or after) anybody claimed it. */
async function stolenTicket(stage: Stage, claimed: boolean): Promise<{ ticket: SignedTicket; input: string }> {
  const { client, harness } = stage;
  const agent = claimed ? harness.taskQueues.agent : stage.lonelyQueue('agent');
  const run = await stage.victim([{ text: 'Done.' }], { agent });
  const handle = client.workflow.getHandle(run.workflowId);
  if (claimed) await run.result();
  else await handle.terminate('mine now');
  const { ticket } = (await harness.door.runInput(run.workflowId)) as { ticket: SignedTicket };
  return { ticket, input: run.input };
}

export const forgedStarts: readonly AttackCase[] = [
  {
    id: 'start-forged-ticket',
    attack: 'starts a run with a ticket that it signed itself under the gateway’s key id',
    ...asked,
    shows: forgedTicket,
    async play(stage) {
      const { body } = aTicket(stage);
      return await start(stage, body.workflowId, [
        { ticket: forge(stage, 'ticket', body), input: 'a run of mine', flow: null },
      ]);
    },
  },
  {
    id: 'start-ticket-of-other-domain',
    attack: 'starts a run with a genuine decision dressed as a ticket',
    ...asked,
    shows: forgedTicket,
    async play(stage) {
      const { body } = aTicket(stage);
      const run = await stage.victim([send, sent]);
      const ask = await run.ask();
      await stage.harness.door.cancel(run.workflowId);
      const ticket = { ...ask.ask, domain: 'ticket', body };
      return await start(stage, body.workflowId, [{ ticket, input: 'a run of mine', flow: null }]);
    },
  },
  {
    id: 'start-ticket-of-other-run',
    attack: 'starts a run of another id with a stolen ticket that nobody claimed',
    ...asked,
    shows: forgedTicket,
    async play(stage) {
      const { ticket, input } = await stolenTicket(stage, false);
      return await start(stage, someRunId(), [{ ticket, input, flow: null }]);
    },
  },
  {
    id: 'start-other-input',
    attack: 'starts the stolen ticket’s own run anew, with words of its own',
    ...asked,
    shows: { verdict: 'differs', by: ['chain', 'store-run'] },
    async play(stage) {
      const { ticket } = await stolenTicket(stage, false);
      return await start(stage, ticket.body.workflowId, [{ ticket, input: 'delete everything', flow: null }]);
    },
  },
  {
    id: 'start-used-ticket',
    attack: 'starts an ended run anew under its id, with its ticket and words',
    ...asked,
    shows: { verdict: 'differs', by: ['chain'] },
    async play(stage) {
      const { ticket, input } = await stolenTicket(stage, true);
      return await start(stage, ticket.body.workflowId, [{ ticket, input, flow: null }]);
    },
  },
  {
    id: 'start-expired-ticket',
    attack: 'keeps a stolen ticket until it has expired, and starts its run then',
    ...asked,
    shows: { verdict: 'differs', by: ['store-run'] },
    async play(stage) {
      const ticket = aTicket(stage);
      const now = Date.now();
      const { harness } = stage;
      const expired = harness.desk.seal('ticket', ticket.body, now - 120_000, now - 60_000);
      return await start(stage, ticket.body.workflowId, [{ ticket: expired, input: 'a run of mine', flow: null }]);
    },
  },
  {
    id: 'start-with-a-past',
    attack: 'starts a run with a genuine unclaimed ticket and a made-up past in which a call was approved',
    ...asked,
    shows: unknownRun,
    async play(stage) {
      const { ticket } = await stolenTicket(stage, false);
      const flow = { messages: [], turn: 1, midTurn: null, votes: [], inbox: [], calls: [] };
      return await start(stage, ticket.body.workflowId, [{ ticket, input: null, flow }]);
    },
  },
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
    shows: { verdict: 'differs', by: ['chain', 'store-run'] },
    async play(stage) {
      const { ticket } = await stolenTicket(stage, false);
      const retryPolicy = { initialInterval: msToTs('1s'), maximumAttempts: 3 };
      const input = { ticket, input: 'words of my own', flow: null };
      return await start(stage, ticket.body.workflowId, [input], { retryPolicy });
    },
  },
  ...(
    [
      ['nothing', [], 'shape'],
      ['null', [null], 'shape'],
      ['a-number', [7], 'shape'],
      ['an-empty-ticket', [{ ticket: {}, input: null, flow: null }], 'ticket'],
      ['a-broken-flow', [{ ticket: null, flow: { messages: 'none' } }], 'shape'],
    ] as const
  ).map(
    ([what, args, check]): AttackCase => ({
      id: `start-with-${what}`,
      attack: `starts a run with ${what.replaceAll('-', ' ')} as its input`,
      ...asked,
      shows: { verdict: 'differs', by: [check, 'store-run'] },
      play: (stage) => start(stage, someRunId(), [...args]),
    }),
  ),
  {
    id: 'start-undecodable',
    attack: 'starts a run whose input cannot be decoded',
    ...asked,
    shows: { verdict: 'differs', by: ['shape', 'store-run'] },
    play: (stage) =>
      start(stage, someRunId(), [], {
        input: { payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{not json') }] },
      }),
  },
  {
    id: 'start-other-type',
    attack: 'starts a workflow of a type that is not ours on our queue',
    ends: 'terminate',
    effects: 0,
    shows: { verdict: 'differs', by: ['shape', 'store-run'] },
    play: (stage) => start(stage, someRunId(), [{}], { workflowType: { name: 'runTool' } }),
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
