/**
 * Every branch of the road on a real server, then replayed from what the server has. With RECORD_HISTORIES=1 (set by
 * scripts/record-histories.ts) the runs are written to test/histories.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { createServerSource } from '../../audit/fetch-chain.ts';
import { replayExport } from '../../audit/export/replay-export.ts';
import { historyToJson } from '../../audit/history-source.ts';
import { inChainOrder } from '../../audit/link-origin.ts';
import { findSecretRules } from '../../cli/parts/find-secret-rules.ts';
import { replayRun } from '../../audit/replay-run.ts';
import { domains } from '../../core/contracts/envelope.ts';
import { replayBundle, type WorkflowBundle } from '../../worker/workflow-bundle.ts';
import { historiesFolder, type Recorded } from '../histories/recorded.ts';
import { withoutMachine } from '../histories/without-machine.ts';
import { type Scenario, scenarios } from '../histories/scenarios.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { exportBytes, readBytes } from '../support/exported.ts';
import { audience, type Harness, startHarness } from '../support/harness.ts';

/** Of the test worker: what it decided is compared to the last option. */
const buildId = 'test';
let bundle: WorkflowBundle;

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
});

it.each(scenarios.map((scenario) => ({ scenario, name: scenario.name })))(
  'P4a replay of a run of branch "$name" verifies, with the store and without, and from its export alone',
  async ({ scenario }) => {
    const harness = await startHarness(scenario.harness);
    try {
      const { workflowId } = await scenario.play(harness);
      const source = createServerSource({ door: harness.door, store: harness.store });
      const { registry } = harness.keys;
      const options = { workflowId, source, registry, audience, bundle, buildId, findSecretRules };
      const alone = await replayRun(options);
      const whole = await replayRun({ ...options, store: harness.store });
      for (const report of [alone, whole]) {
        expect(report.findings).toEqual([]);
        expect(report.checks.filter(({ result }) => result === 'failed')).toEqual([]);
      }
      expect(alone.verdict).toBe(scenario.verdictAlone ?? 'verified');
      expect(whole.checks.filter(({ result }) => result !== 'ok')).toEqual([]);
      expect(whole.verdict).toBe('verified');
      const read = await readBytes(await exportBytes(harness, workflowId));
      const exported = await replayExport({ read, registry, audience: null, bundle, buildId, findSecretRules });
      expect(exported.findings).toEqual([]);
      expect(exported.checks.filter(({ result }) => result !== 'ok')).toEqual([]);
      expect(exported).toMatchObject({ verdict: 'verified', export: { audience, keys: 'outside' } });
      expect(exported.timeline).toEqual(whole.timeline);
      if (process.env['RECORD_HISTORIES'] === '1') await record(scenario, workflowId, harness);
    } finally {
      await harness.stop();
    }
  },
);

async function record(
  { name, verdictAlone }: Scenario,
  workflowId: string,
  { door, store, keys }: Harness,
): Promise<void> {
  const links = inChainOrder(await createServerSource({ door, store }).links(workflowId));
  const recorded: Recorded = {
    name,
    workflowId,
    audience,
    verdict: verdictAlone ?? 'verified',
    keys: domains.flatMap((domain) => keys.registry.keyByKid(keys.signer(domain).kid) ?? []),
    links: links.map(({ linkRunId, history }) => ({ linkRunId, history: withoutMachine(historyToJson(history)) })),
  };
  writeFileSync(join(historiesFolder, `${name}.json`), `${JSON.stringify(recorded, null, 1)}\n`);
}
