/**
 * A client of the namespace starts a run with a delay, past the gateway. Temporal's replay waits for ever over a history without a
 * task: whoever audits the run has an answer all the same (P4).
 */
import { expect, it } from 'vitest';
import { createServerSource } from '../../audit/fetch-chain.ts';
import { findSecretRules } from '../../cli/parts/find-secret-rules.ts';
import { replayRun } from '../../audit/replay-run.ts';
import { replayBundle } from '../../worker/workflow-bundle.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { startHarness } from '../support/harness.ts';
import { audience } from '../support/test-worker.ts';

it('P4 a run that somebody starts with a delay is told from ours, and its replay ends', async () => {
  const harness = await startHarness({ startWorker: false });
  const { door, store, keys, taskQueues } = harness;
  try {
    const input = 'not now';
    const ticket = harness.desk.ticket(harness.pack, input, taskQueues);
    const { workflowId } = ticket.body;
    const handle = await door.client.workflow.start('agentRun', {
      workflowId,
      taskQueue: taskQueues.agent,
      args: [{ ticket, input, flow: null }],
      startDelay: '1 hour',
    });
    const source = createServerSource({ door, store });
    const bundle = await replayBundle(bundleFolder);
    const options = { workflowId, source, registry: keys.registry, audience, store, bundle };
    const report = await replayRun({ ...options, findSecretRules });
    expect(report).toMatchObject({ replay: 'identical', findings: [], verdict: 'differs' });
    const failed = report.checks.filter(({ result }) => result === 'failed').map(({ id }) => id);
    expect(failed).toEqual(['chain', 'store-run', 'store-ledger']);
    await handle.terminate('seen');
  } finally {
    await harness.stop();
  }
});
