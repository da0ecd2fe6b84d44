/** A client changes, pauses or resets activities that are pending or run. */
import { msToTs } from '@temporalio/common/lib/time.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartedRun } from '../../../support/harness.ts';
import { startedIn } from '../../../support/test-tools.ts';
import { until } from '../../../support/until.ts';
import { type AttackCase, send, sent } from '../case.ts';
import { type Pending, pendingActivity } from '../pending.ts';
import type { Stage } from '../stage.ts';
import { stealActivityTask } from '../stolen-tasks.ts';
import { execution, onTool, same } from '../approved-call.ts';

/** A tool in the middle of its effect, which ends when the case says so. */
function onRunningTool(
  id: string,
  attack: string,
  play: (stage: Stage, run: StartedRun, tool: Pending) => Promise<unknown>,
  rest: Pick<AttackCase, 'shows'> & Partial<Pick<AttackCase, 'effects' | 'ends'>>,
): AttackCase {
  return {
    id,
    attack,
    ends: 'itself',
    effects: 1,
    ...rest,
    async play(stage) {
      const name = stage.lonelyQueue('call');
      const { folder } = stage.harness;
      const run = await stage.victim([{ calls: [{ name: 'slow_send', args: { name } }] }, sent]);
      await run.castVote(await run.ask());
      await until('the tool to start', () => startedIn(folder).some((line) => line.includes(run.workflowId)));
      await play(stage, run, await pendingActivity(stage, run, 'runTool'));
      writeFileSync(join(folder, `gate-${name}`), '');
      return run;
    },
  };
}

export const changedActivities: readonly AttackCase[] = [
  onTool(
    'options-retries',
    'gives an execution a retry policy of many attempts, takes it and fails it, so that it is handed out again',
    async (stage, { run, tools, tool }) => {
      const { client, namespace } = stage;
      const activityOptions = {
        retryPolicy: { maximumAttempts: 50, initialInterval: msToTs(100), backoffCoefficient: 1 },
      };
      await client.workflowService.updateActivityOptions({
        namespace,
        execution: execution(run),
        id: tool.activityId,
        activityOptions,
        updateMask: {
          paths: ['retry_policy.maximum_attempts', 'retry_policy.initial_interval', 'retry_policy.backoff_coefficient'],
        },
      });
      for (let times = 0; times < 3; times += 1) {
        const { taskToken } = await stealActivityTask(stage, tools);
        await client.workflowService.respondActivityTaskFailed({
          namespace,
          taskToken,
          failure: { message: 'again', applicationFailureInfo: { type: 'mine' } },
        });
      }
    },
    { shows: { verdict: 'differs', by: ['effect-once'] } },
  ),
  onTool(
    'options-other-queue',
    'moves the execution of an approved call to another queue of the same worker',
    async ({ client, namespace, harness }, { run, tool }) => {
      await client.workflowService.updateActivityOptions({
        namespace,
        execution: execution(run),
        id: tool.activityId,
        activityOptions: { taskQueue: { name: harness.taskQueues.tools } },
        updateMask: { paths: ['task_queue.name'] },
      });
    },
    {
      effects: 0,
      shows: {
        verdict: 'verified',
        because: 'it was refused: its permit is for another queue, and the refusal is its result',
      },
    },
  ),
  onTool(
    'options-nowhere',
    'moves the execution of an approved call to a queue of nobody and takes its time-outs away',
    async (stage, { run, tool }) => {
      const { client, namespace } = stage;
      await client.workflowService.updateActivityOptions({
        namespace,
        execution: execution(run),
        id: tool.activityId,
        activityOptions: {
          taskQueue: { name: stage.lonelyQueue('nowhere') },
          scheduleToStartTimeout: msToTs('30 days'),
          scheduleToCloseTimeout: msToTs('30 days'),
        },
        updateMask: { paths: ['task_queue.name', 'schedule_to_start_timeout', 'schedule_to_close_timeout'] },
      });
    },
    { effects: 0, ends: 'cancel', shows: { verdict: 'verified', because: 'nothing ran; the run was cancelled' } },
  ),
  onRunningTool(
    'options-times',
    'gives a running execution a time-out that has passed and many attempts, so that it is handed out a second time',
    async ({ client, namespace }, run, tool) => {
      await client.workflowService.updateActivityOptions({
        namespace,
        execution: execution(run),
        id: tool.activityId,
        activityOptions: {
          startToCloseTimeout: msToTs(1),
          heartbeatTimeout: msToTs(1),
          retryPolicy: { maximumAttempts: 50, initialInterval: msToTs(100), backoffCoefficient: 1 },
        },
        updateMask: {
          paths: [
            'start_to_close_timeout',
            'heartbeat_timeout',
            'retry_policy.maximum_attempts',
            'retry_policy.initial_interval',
            'retry_policy.backoff_coefficient',
          ],
        },
      });
    },
    { shows: same },
  ),
  onRunningTool(
    'activity-reset',
    'resets a running execution, so that it is handed out again',
    async ({ client, namespace }, run, tool) => {
      await client.workflowService.resetActivity({
        namespace,
        execution: execution(run),
        id: tool.activityId,
        resetHeartbeat: true,
      });
    },
    { shows: same },
  ),
  onRunningTool(
    'activity-paused-while-it-runs',
    'pauses and unpauses a running execution with its attempts reset',
    async ({ client, namespace }, run, tool) => {
      const named = { namespace, execution: execution(run), id: tool.activityId };
      await client.workflowService.pauseActivity({ ...named, reason: 'mine' });
      await client.workflowService.unpauseActivity({ ...named, resetAttempts: true, resetHeartbeat: true });
    },
    { shows: same },
  ),
  onTool(
    'activity-paused',
    'pauses the execution of an approved call for good',
    async ({ client, namespace }, { run, tool }) => {
      await client.workflowService.pauseActivity({
        namespace,
        execution: execution(run),
        id: tool.activityId,
        reason: 'mine',
      });
    },
    { effects: 0, ends: 'cancel', shows: { verdict: 'verified', because: 'nothing ran; the run was cancelled' } },
  ),
  {
    id: 'activity-paused-close',
    attack: 'pauses the close of a run for good',
    ends: 'cancel',
    effects: 1,
    shows: { verdict: 'verified', because: 'the close was made again when the run was cancelled' },
    async play(stage) {
      const record = stage.lonelyQueue('record');
      const run = await stage.victim([send, sent], { record });
      await run.castVote(await run.ask());
      const { activityId } = await pendingActivity(stage, run, 'closeRun');
      const { client, namespace } = stage;
      await client.workflowService.pauseActivity({
        namespace,
        execution: execution(run),
        id: activityId,
        reason: 'mine',
      });
      await stage.serve(['record'], { record });
      return run;
    },
  },
];
