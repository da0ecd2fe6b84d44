/**
 * The recorded corpus against the current workflow code. A run that is under way must be able to go on: whoever breaks one of
 * these breaks it.
 */
import { beforeAll, expect, it } from 'vitest';
import { replayRun } from '../../audit/replay-run.ts';
import { findLeaks } from '../../scripts/lint/find-leaks.ts';
import { replayBundle, type WorkflowBundle } from '../../worker/workflow-bundle.ts';
import { loadRecorded, recordedNames, registryOf, sourceOf } from '../histories/recorded.ts';
import { scenarios } from '../histories/scenarios.ts';
import { withoutMachine } from '../histories/without-machine.ts';
import { bundleFolder } from '../support/bundle-folder.ts';

const remedy =
  'put the changed workflow code behind patched(), or, if no run of the old code can exist, record anew with npm run record (docs/replay.md)';

let bundle: WorkflowBundle;

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
});

it('corpus holds one history for each branch of the road', () => {
  expect(recordedNames()).toEqual(scenarios.map(({ name }) => name).toSorted());
});

it.each(recordedNames())('P4a recorded run "%s" holds nothing of the machine that recorded it', (name) => {
  const { links } = loadRecorded(name);
  expect(withoutMachine(links)).toEqual(links);
  expect(textsIn(links).flatMap(findLeaks)).toEqual([]);
});

it.each(recordedNames())('P4a recorded run "%s" replays with the current workflow code and verifies', async (name) => {
  const recorded = loadRecorded(name);
  const { workflowId, audience } = recorded;
  const report = await replayRun({
    workflowId,
    audience,
    source: sourceOf(recorded),
    registry: registryOf(recorded),
    bundle,
  });
  expect(report.findings, remedy).toEqual([]);
  expect(
    report.checks.filter(({ result }) => result === 'failed'),
    remedy,
  ).toEqual([]);
  expect(report.verdict, remedy).toBe(recorded.verdict);
});

/** All texts, those of payloads decoded. */
function textsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return [key === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, name));
}
