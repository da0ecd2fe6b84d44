/** What is left of a reset whose new link did nothing before somebody deleted it: a run that was cut, never a verified one (P4). */
import { beforeAll, expect, it } from 'vitest';
import { createServerSource } from '../../audit/fetch-chain.ts';
import { findSecretRules } from '../../cli/parts/find-secret-rules.ts';
import { replayRun } from '../../audit/replay-run.ts';
import { replayBundle, type WorkflowBundle } from '../../worker/workflow-bundle.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { startHarness } from '../support/harness.ts';
import { resetRun } from '../support/reset.ts';
import { audience } from '../support/test-worker.ts';
import { until } from '../support/until.ts';

let bundle: WorkflowBundle;

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
});

it('P4 a waiting run that was reset, and whose new link was deleted, is incomplete', async () => {
  const harness = await startHarness();
  try {
    const { door, store, keys } = harness;
    const run = await harness.start([{ calls: [{ name: 'send', args: { name: 'all' } }] }, { text: 'Sent.' }]);
    await run.ask();
    // The gate stored the request before the task that waits for it is complete.
    await until('the run to wait', async () => (await door.runState(run.workflowId, 2000))?.approvals.length);
    // With nobody to run it, the new link registers itself nowhere.
    await harness.stopWorker();
    const linkRunId = await resetRun(door, run.workflowId, 'the-end');
    await door.client.workflow.getHandle(run.workflowId, linkRunId).terminate('covering up');
    // A server takes half a minute to delete it; it is left out here as it is then.
    const server = createServerSource({ door, store });
    const left = (await server.links(run.workflowId)).filter((link) => link.linkRunId !== linkRunId);
    const source = { links: () => Promise.resolve(left) };
    expect(left.map((link) => link.linkRunId)).toEqual([run.linkRunId]);
    const options = { workflowId: run.workflowId, source, registry: keys.registry, audience, bundle, store };
    const report = await replayRun({ ...options, findSecretRules });
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('incomplete');
    const open = report.checks.filter(({ result }) => result !== 'ok').map(({ id, result }) => `${id}: ${result}`);
    expect(open).toEqual(['ended: not-checked', 'ask-outcome: not-checked']);
  } finally {
    await harness.stop();
  }
});
