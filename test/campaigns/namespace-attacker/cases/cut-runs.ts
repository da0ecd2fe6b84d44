/** Whole runs ended, deleted, paused or led astray by a client; alone and in batches. */
import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto, { type temporal } from '@temporalio/proto';
import type { StartedRun } from '../../../support/harness.ts';
import { until } from '../../../support/until.ts';
import type { AttackCase } from '../case.ts';
import type { Stage } from '../stage.ts';
import { payloadsOf } from '../stolen-tasks.ts';
import { onlyWaiting } from '../waiting-run.ts';

const wasCut = { verdict: 'incomplete', open: ['ended'] } as const;

type Batch = Partial<temporal.api.workflowservice.v1.IStartBatchOperationRequest>;

async function batch({ client, namespace }: Stage, run: StartedRun, operation: Batch): Promise<void> {
  const jobId = randomUUID();
  const executions = [{ workflowId: run.workflowId }];
  await client.workflowService.startBatchOperation({ namespace, jobId, reason: 'mine', executions, ...operation });
  await until('the batch to end', async () => {
    const { state } = await client.workflowService.describeBatchOperation({ namespace, jobId });
    return state !== proto.temporal.api.enums.v1.BatchOperationState.BATCH_OPERATION_STATE_RUNNING;
  });
}

export const cutRuns: readonly AttackCase[] = [
  onlyWaiting(
    'terminate',
    'terminates a waiting run',
    ({ client }, run) => client.workflow.getHandle(run.workflowId).terminate('mine'),
    { shows: wasCut },
  ),
  onlyWaiting(
    'terminate-before-the-vote',
    'terminates a waiting run; the vote comes after',
    async ({ client }, run, ask) => {
      await client.workflow.getHandle(run.workflowId).terminate('mine');
      await run.castVote(ask).catch(() => undefined);
    },
    { shows: wasCut },
  ),
  onlyWaiting(
    'cancel',
    'cancels a waiting run',
    ({ client }, run) => client.workflow.getHandle(run.workflowId).cancel(),
    {
      shows: { verdict: 'verified', because: 'the run took it as any cancellation and withdrew its request' },
    },
  ),
  onlyWaiting(
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
  onlyWaiting(
    'batch-terminate',
    'terminates runs by a batch',
    (stage, run) => batch(stage, run, { terminationOperation: {} }),
    { shows: wasCut },
  ),
  onlyWaiting(
    'batch-cancel',
    'cancels runs by a batch',
    (stage, run) => batch(stage, run, { cancellationOperation: {} }),
    {
      shows: { verdict: 'verified', because: 'as one cancellation' },
    },
  ),
  onlyWaiting(
    'batch-signal',
    'signals a vote of its own to many runs by a batch',
    async (stage, run, ask) => {
      await batch(stage, run, { signalOperation: { signal: 'vote', input: payloadsOf({ verdict: 'approve' }) } });
      await run.castVote(ask);
    },
    { effects: 1, shows: { verdict: 'verified', because: 'it is no vote' } },
  ),
  onlyWaiting(
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
  onlyWaiting(
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
  onlyWaiting(
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
  onlyWaiting(
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
