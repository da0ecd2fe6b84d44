/** Whole runs ended, reset, deleted, paused or led astray by a client; alone, in batches, and for the whole namespace. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto, { type temporal } from '@temporalio/proto';
import type { AskRow } from '../../../../store/store.ts';
import type { StartedRun } from '../../../support/harness.ts';
import { startedIn } from '../../../support/test-tools.ts';
import { until } from '../../../support/until.ts';
import { type AttackCase, send, sent } from '../case.ts';
import { hasEnded } from '../oracles.ts';
import type { Stage } from '../stage.ts';
import { payloadsOf } from '../stolen-tasks.ts';

const { ResetReapplyExcludeType } = proto.temporal.api.enums.v1;
const wasCut = { verdict: 'incomplete', open: ['ended'] } as const;
type Batch = Partial<temporal.api.workflowservice.v1.IStartBatchOperationRequest>;

function onWaiting(
  id: string,
  attack: string,
  play: (stage: Stage, run: StartedRun, ask: AskRow) => Promise<unknown>,
  rest: Pick<AttackCase, 'shows'> & Partial<Pick<AttackCase, 'effects' | 'ends'>>,
): AttackCase {
  return {
    id,
    attack,
    ends: 'itself',
    effects: 0,
    ...rest,
    async play(stage) {
      const run = await stage.victim([send, sent]);
      const ask = await run.ask();
      await play(stage, run, ask);
      return run;
    },
  };
}

async function batch({ client, namespace }: Stage, run: StartedRun, operation: Batch): Promise<void> {
  const jobId = randomUUID();
  const executions = [{ workflowId: run.workflowId }];
  await client.workflowService.startBatchOperation({ namespace, jobId, reason: 'mine', executions, ...operation });
  await until('the batch to end', async () => {
    const { state } = await client.workflowService.describeBatchOperation({ namespace, jobId });
    return state !== proto.temporal.api.enums.v1.BatchOperationState.BATCH_OPERATION_STATE_RUNNING;
  });
}

async function reset(
  { client, namespace }: Stage,
  { workflowId }: StartedRun,
  finishEventOf: (tasks: number[]) => number | undefined,
  exclude: temporal.api.enums.v1.ResetReapplyExcludeType[] = [],
): Promise<string> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  const wanted = finishEventOf(tasks.map(({ eventId }) => Number(eventId)));
  const { eventId } = tasks.find((event) => Number(event.eventId) === wanted) ?? {};
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId, runId },
    reason: 'mine',
    requestId: randomUUID(),
    workflowTaskFinishEventId: eventId ?? null,
    resetReapplyExcludeTypes: exclude,
  });
  return answer.runId;
}

export const cutRuns: readonly AttackCase[] = [
  onWaiting(
    'terminate',
    'terminates a waiting run',
    ({ client }, run) => client.workflow.getHandle(run.workflowId).terminate('mine'),
    { shows: wasCut },
  ),
  onWaiting(
    'terminate-before-the-vote',
    'terminates a waiting run; the vote comes after',
    async ({ client }, run, ask) => {
      await client.workflow.getHandle(run.workflowId).terminate('mine');
      await run.castVote(ask).catch(() => undefined);
    },
    { shows: wasCut },
  ),
  onWaiting(
    'cancel',
    'cancels a waiting run',
    ({ client }, run) => client.workflow.getHandle(run.workflowId).cancel(),
    {
      shows: { verdict: 'verified', because: 'the run took it as any cancellation and withdrew its request' },
    },
  ),
  onWaiting(
    'delete',
    'deletes a waiting run with its history',
    async (stage, run) => {
      const { client, namespace } = stage;
      await client.workflowService.deleteWorkflowExecution({
        namespace,
        workflowExecution: { workflowId: run.workflowId },
      });
      await until(
        'its history to be gone',
        async () =>
          await client.workflow
            .getHandle(run.workflowId, run.linkRunId)
            .fetchHistory()
            .then(
              () => false,
              () => true,
            ),
      );
      const ledger = await stage.harness.store.listLedger({ workflowId: run.workflowId, limit: 10 });
      if (!ledger.some(({ kind }) => kind === 'run-opened'))
        throw new Error('the ledger does not know that the run was opened');
    },
    { shows: { verdict: 'not-found' } },
  ),
  onWaiting(
    'batch-terminate',
    'terminates runs by a batch',
    (stage, run) => batch(stage, run, { terminationOperation: {} }),
    { shows: wasCut },
  ),
  onWaiting(
    'batch-cancel',
    'cancels runs by a batch',
    (stage, run) => batch(stage, run, { cancellationOperation: {} }),
    {
      shows: { verdict: 'verified', because: 'as one cancellation' },
    },
  ),
  onWaiting(
    'batch-signal',
    'signals a vote of its own to many runs by a batch',
    async (stage, run, ask) => {
      await batch(stage, run, { signalOperation: { signal: 'vote', input: payloadsOf({ verdict: 'approve' }) } });
      await run.castVote(ask);
    },
    { effects: 1, shows: { verdict: 'verified', because: 'it is no vote' } },
  ),
  onWaiting(
    'batch-reset',
    'resets a waiting run to its first task by a batch',
    async (stage, run) => {
      await batch(stage, run, { resetOperation: { options: { firstWorkflowTask: {} } } });
      await until(
        'the next link',
        async () => (await stage.client.workflow.getHandle(run.workflowId).describe()).runId !== run.linkRunId,
      );
      await run.castVote(await run.ask(1));
    },
    { effects: 1, shows: { verdict: 'verified', links: 2 } },
  ),
  onWaiting(
    'reset-with-a-vote',
    'resets a waiting run to its last task after the vote was sent, so that the vote is applied to the new link',
    async (stage, run, ask) => {
      await stage.harness.store.getAsk(ask.nonce);
      await reset(stage, run, (tasks) => tasks.at(0));
      await run.signalVote(stage.harness.desk.vote(ask));
      await run.castVote(await run.ask(1));
    },
    { effects: 1, shows: { verdict: 'verified', links: 2 } },
  ),
  {
    id: 'reset-without-signals',
    attack: 'resets an ended run to before its approval and lets no signal be applied again',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', links: 2 },
    async play(stage) {
      const run = await stage.victim([send, sent]);
      await run.castVote(await run.ask());
      await run.result();
      await reset(stage, run, (tasks) => tasks.at(1), [ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL]);
      return run;
    },
  },
  {
    id: 'reset-three-times',
    attack: 'resets a run to before its effect three times, each time after it has ended',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', links: 4 },
    async play(stage) {
      const run = await stage.victim([send, sent]);
      await run.castVote(await run.ask());
      await run.result();
      for (let times = 0; times < 3; times += 1) {
        await reset(stage, run, (tasks) => tasks.at(0));
        await until('the link to end', () => hasEnded(stage, run));
      }
      return run;
    },
  },
  {
    id: 'reset-in-the-effect',
    attack: 'resets a run to before its approval while the tool is executing',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', links: 2 },
    async play(stage) {
      const name = stage.lonelyQueue('call');
      const { folder } = stage.harness;
      const run = await stage.victim([{ calls: [{ name: 'slow_send', args: { name } }] }, sent]);
      await run.castVote(await run.ask());
      await until('the tool to start', () => startedIn(folder).some((line) => line.includes(run.workflowId)));
      await reset(stage, run, (tasks) => tasks.at(1));
      writeFileSync(join(folder, `gate-${name}`), '');
      return run;
    },
  },
  onWaiting(
    'workflow-paused',
    'pauses a waiting run at the server',
    async ({ client, namespace }, run, ask) => {
      const { workflowId, linkRunId: runId } = run;
      const requestId = randomUUID();
      await client.workflowService
        .pauseWorkflowExecution({ namespace, workflowId, runId, reason: 'mine', requestId })
        .then(
          () => {
            throw new Error('the server paused it');
          },
          () => undefined,
        );
      await run.castVote(ask);
    },
    {
      effects: 1,
      shows: { verdict: 'verified', because: 'this server pauses no workflows unless it is set up for it' },
    },
  ),
  onWaiting(
    'pinned-to-nowhere',
    'pins a waiting run to a worker version that does not exist',
    async ({ client, namespace }, run, ask) => {
      const version = { deploymentName: 'mine', buildId: 'none' };
      await client.workflowService
        .updateWorkflowExecutionOptions({
          namespace,
          workflowExecution: { workflowId: run.workflowId },
          workflowExecutionOptions: { versioningOverride: { pinned: { version, behavior: 1 } } },
          updateMask: { paths: ['versioning_override'] },
        })
        .catch((error: unknown) => {
          if (!(error instanceof Error)) throw error;
        });
      await run.castVote(ask);
    },
    {
      ends: 'itself',
      effects: 1,
      shows: { verdict: 'verified', because: 'the server refuses a version that no worker ever had' },
    },
  ),
  onWaiting(
    'time-skipped',
    'has the server skip time, so that a request’s deadline passes in the workflow and nowhere else',
    async ({ client, namespace }, run, ask) => {
      await client.workflowService
        .updateWorkflowExecutionOptions({
          namespace,
          workflowExecution: { workflowId: run.workflowId },
          workflowExecutionOptions: {
            timeSkippingConfig: { enabled: true, fastForwardConfig: { duration: msToTs('1 hour') } as never },
          },
          updateMask: { paths: ['time_skipping_config'] },
        })
        .catch((error: unknown) => {
          if (!(error instanceof Error)) throw error;
        });
      await run.castVote(ask);
    },
    { effects: 1, shows: { verdict: 'verified', because: 'this server skips no time unless it is set up for it' } },
  ),
];
