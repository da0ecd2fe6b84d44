/** What a client can set for a queue or the whole namespace: worker versions, rules, retention. Each case keeps to its own run. */
import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { until } from '../../../support/until.ts';
import { type AttackCase, send, sent } from '../case.ts';
import { pendingActivity } from '../pending.ts';
import type { Stage } from '../stage.ts';
import { thief } from '../stolen-tasks.ts';

const { WorkerVersioningMode } = proto.temporal.api.enums.v1;

/** Registers a worker version on a queue by polling it once, and makes it the one that gets the queue's tasks. */
async function takeQueue({ client, namespace }: Stage, queue: string): Promise<void> {
  const deploymentName = `mine-${randomUUID()}`;
  const buildId = 'mine';
  const mode = WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED;
  const deploymentOptions = { deploymentName, buildId, workerVersioningMode: mode };
  const poll = client.withDeadline(Date.now() + 4000, () =>
    client.workflowService.pollWorkflowTaskQueue({
      namespace,
      taskQueue: { name: queue },
      identity: thief,
      deploymentOptions,
    }),
  );
  await until(
    'the version to be made current',
    async () =>
      await client.workflowService
        .setWorkerDeploymentCurrentVersion({
          namespace,
          deploymentName,
          buildId,
          identity: thief,
          allowNoPollers: true,
          ignoreMissingTaskQueues: true,
        })
        .then(
          () => true,
          () => false,
        ),
  );
  await poll.catch(() => undefined);
}

export const namespaceWide: readonly AttackCase[] = [
  {
    id: 'deployment-takes-the-queue',
    attack: 'registers a worker version on the run’s queue and makes it current, so that no task reaches our workers',
    ends: 'terminate',
    effects: 0,
    shows: { verdict: 'incomplete', open: ['ended'] },
    async play(stage) {
      const agent = stage.lonelyQueue('agent');
      await stage.serve(['agent'], { agent });
      const run = await stage.victim([send, sent], { agent });
      const ask = await run.ask();
      await takeQueue(stage, agent);
      await run.castVote(ask);
      return run;
    },
  },
  {
    id: 'rule-pauses-activities',
    attack: 'makes a rule by which the server pauses the run’s activities when they are to start',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', because: 'this server makes no rules unless it is set up for it' },
    async play(stage) {
      const tools = stage.lonelyQueue('tools');
      const run = await stage.victim([send, sent], { tools });
      const ask = await run.ask();
      const { client, namespace } = stage;
      await client.workflowService
        .createWorkflowRule({
          namespace,
          requestId: randomUUID(),
          identity: thief,
          spec: {
            id: `mine-${randomUUID()}`,
            activityStart: { predicate: `workflowId = "${run.workflowId}"` },
            actions: [{ activityPause: {} }],
          },
        })
        .then(
          () => {
            throw new Error('the server made the rule');
          },
          () => undefined,
        );
      await run.castVote(ask);
      await pendingActivity(stage, run, 'runTool');
      await stage.serve(['tools'], { tools });
      return run;
    },
  },
  {
    id: 'namespace-retention',
    attack: 'shortens the namespace’s retention, so that histories are deleted sooner',
    ends: 'itself',
    effects: 1,
    shows: { verdict: 'verified', because: 'the run is young; the store’s ledger outlives every retention' },
    async play(stage) {
      const { client, namespace, harness } = stage;
      await client.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: msToTs('1 day') },
      });
      const run = await stage.victim([send, sent]);
      await run.castVote(await run.ask());
      await run.result();
      const kinds = (await harness.store.listLedger({ workflowId: run.workflowId, limit: 50 })).map(({ kind }) => kind);
      if (!kinds.includes('receipt')) throw new Error(`the ledger holds ${kinds.join(', ')}, expected the receipt`);
      return run;
    },
  },
];
