/** A worker without keys takes a run's workflow task and answers it: with forged markers, scheduled tools, a made-up end. */
import proto from '@temporalio/proto';
import { type AttackCase, send, sent, type Shows } from '../case.ts';
import type { Stage } from '../stage.ts';
import {
  answerTask,
  type Command,
  commandsAsIn,
  historyOf,
  isMarkerOf,
  localResults,
  payloadsOf,
  schedules,
  stealWorkflowTask,
  thief,
  withResult,
} from '../stolen-tasks.ts';
import { onWaiting, type Rewrite, type Theft, waitingRun } from '../theft.ts';

const { CommandType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** The task of the honest run in which its vote was checked and its tool scheduled. */
async function approvalOf(stage: Stage, { model }: Theft, rewrite: Rewrite): Promise<Command[]> {
  const decides = (commands: Command[]): boolean =>
    commands.some(isMarkerOf('verifyVotes')) && commands.some(schedules('runTool'));
  return commandsAsIn(await historyOf(stage, model), decides, rewrite);
}

const forgedDecision: Shows = { verdict: 'differs', by: ['decision-signature'] };

const madeUp: Shows = { verdict: 'differs', by: ['replay'] };

const wedged = { ends: 'terminate', shows: madeUp } as const;

export const stolenWorkflowTasks: readonly AttackCase[] = [
  onWaiting(
    'stolen-task-forged-allow',
    'answers with a forged vote, a forged permit for it, and the tool scheduled under it',
    async (stage, theft) => await approvalOf(stage, theft, theft.asVictim),
    { shows: forgedDecision },
  ),
  onWaiting(
    'stolen-task-permit-of-other-run',
    'answers with another run’s genuine vote and permit, and the tool scheduled under them',
    async (stage, theft) => await approvalOf(stage, theft, (text) => text),
    // The code does not go where the other run's vote took that one.
    { ends: 'terminate', shows: { verdict: 'differs', by: ['decision-of-run', 'permit-arguments'] } },
  ),
  onWaiting(
    'stolen-task-forged-vote',
    'answers that a forged approval was checked and is valid, and leaves the rest to the gate',
    async (stage, theft) => {
      const commands = await approvalOf(stage, theft, theft.asVictim);
      return commands.slice(0, commands.findIndex(isMarkerOf('checkCall')));
    },
    { effects: 1, shows: { verdict: 'differs', by: ['vote-signature'] } },
  ),
  onWaiting(
    'stolen-task-forged-denial',
    'answers that the gate denied the call because a person had denied it',
    async (stage, theft) => {
      const commands = await approvalOf(stage, theft, theft.asVictim);
      const at = commands.findIndex(isMarkerOf('checkCall'));
      const [decided] = localResults(await historyOf(stage, theft.model), 'checkCall').slice(-1) as [
        { decision: { body: Record<string, unknown> } },
      ];
      const body = { ...decided.decision.body, verdict: 'deny', outcome: 'denied' };
      const forged = { ...decided, decision: { ...decided.decision, body } };
      const marker = commands[at];
      return marker ? [...commands.slice(0, at), withResult(marker, forged)] : commands;
    },
    // The code goes on where the thief stopped; the honest vote finds no request any more.
    { shows: forgedDecision },
  ),
  onWaiting(
    'stolen-task-bare-tool',
    'schedules the tool without any decision',
    async (stage, theft) => (await approvalOf(stage, theft, theft.asVictim)).filter(schedules('runTool')),
    wedged,
  ),
  onWaiting(
    'stolen-task-closes-the-run',
    'schedules the close of a run that waits, so that the store takes no more votes for it',
    async ({ harness }) => [
      {
        commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
        scheduleActivityTaskCommandAttributes: {
          activityId: 'mine',
          activityType: { name: 'closeRun' },
          taskQueue: { name: harness.taskQueues.record },
          input: payloadsOf({ outcome: 'completed', turns: 1, calls: [] }),
          startToCloseTimeout: { seconds: null, nanos: 500_000_000 },
          scheduleToCloseTimeout: { seconds: null, nanos: 900_000_000 },
        },
      },
    ],
    wedged,
  ),
  onWaiting(
    'stolen-task-completes',
    'ends the run as completed, with words of its own',
    () =>
      Promise.resolve([
        {
          commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
          completeWorkflowExecutionCommandAttributes: {
            result: payloadsOf({ outcome: 'completed', text: 'All was sent.', turns: 1, calls: 1 }),
          },
        },
      ]),
    { shows: madeUp },
  ),
  onWaiting(
    'stolen-task-fails',
    'ends the run as failed',
    () =>
      Promise.resolve([
        {
          commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
          failWorkflowExecutionCommandAttributes: { failure: { message: 'mine' } },
        },
      ]),
    { shows: madeUp },
  ),
  onWaiting(
    'stolen-task-starts-a-child',
    'starts a child of the run’s own type with the run’s ticket',
    async ({ harness }, { run }) => [
      {
        commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
        startChildWorkflowExecutionCommandAttributes: {
          workflowId: `${run.workflowId}-child`,
          workflowType: { name: 'agentRun' },
          taskQueue: { name: harness.taskQueues.agent },
          input: payloadsOf(await harness.door.runInput(run.workflowId)),
        },
      },
    ],
    wedged,
  ),
  {
    id: 'stolen-first-task',
    attack: 'takes the first task and answers that the run is open, so that its ticket is never claimed',
    ends: 'itself',
    effects: 0,
    shows: { verdict: 'differs', by: ['ticket'] },
    async play(stage) {
      const model = await stage.victim([sent]);
      await model.result();
      const agent = stage.lonelyQueue('agent');
      const run = await stage.victim([send, sent], { agent });
      const opens = (commands: Command[]): boolean => commands.some(isMarkerOf('openRun'));
      await answerTask(
        stage,
        agent,
        commandsAsIn(await historyOf(stage, model), opens, (text) => text),
      );
      await stage.serve(['agent'], { agent });
      return run;
    },
  },
  {
    id: 'stolen-task-failed',
    attack: 'takes three tasks of a waiting run and fails each',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', because: 'a failed task is done again by a worker that can; it only takes longer' },
    async play(stage) {
      const { run, ask, agent } = await waitingRun(stage);
      await run.signalVote({ junk: true });
      const { client, namespace } = stage;
      for (let times = 0; times < 3; times += 1) {
        const { taskToken } = await stealWorkflowTask(stage, agent);
        await client.workflowService.respondWorkflowTaskFailed({
          namespace,
          taskToken,
          identity: thief,
          cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
        });
      }
      await stage.serve(['agent'], { agent });
      await run.castVote(ask);
      return run;
    },
  },
  {
    id: 'stolen-task-held',
    attack: 'takes the task of a waiting run and answers nothing',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', because: 'the task runs out after 10 s and is given to another worker' },
    async play(stage) {
      const { run, ask, agent } = await waitingRun(stage);
      await run.signalVote({ junk: true });
      await stealWorkflowTask(stage, agent);
      await stage.serve(['agent'], { agent });
      await run.castVote(ask);
      return run;
    },
  },
];
