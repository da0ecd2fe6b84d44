/** A canary secret from every side (model, tool, fault) is in no history: what is recorded was redacted before (P1). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';

// Made here, so that no scanner finds it in the source.
const canary = ['AKIA', 'IOSFODNN7', 'QWERTZU'].join('');
const escaped = canary.replaceAll(/./g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

describe('a secret', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
    writeFileSync(join(harness.folder, 'canary'), `aws_access_key_id = ${canary}\n`);
  });
  afterAll(() => harness.stop());

  /** Everything that the server keeps of a run, payloads decoded. */
  async function recordOf(run: StartedRun): Promise<string> {
    const json = historyToJSON(await harness.door.client.workflow.getHandle(run.workflowId).fetchHistory());
    const payloads = [...json.matchAll(/"data": ?"([^"]*)"/g)].map(([, data = '']) => Buffer.from(data, 'base64'));
    return `${json}${Buffer.concat(payloads).toString()}`;
  }

  async function expectNotRecorded(run: StartedRun): Promise<void> {
    const record = await recordOf(run);
    expect(record).toContain('end of the run');
    for (const form of [canary, escaped, escaped.replaceAll('\\', '\\\\')]) expect(record).not.toContain(form);
  }

  it.each([
    ['as it is', `{"name":"${canary}"}`],
    ['behind escapes', `{"name":"${escaped}"}`],
    ['under a name that is given twice', `{"name":"${escaped}","name":"web"}`],
    ['in what is no JSON', `name=${canary}`],
  ])('that the model writes into arguments, %s, is refused and not recorded', async (_name, args) => {
    const run = await harness.start([{ calls: [{ name: 'restart', args }] }, { text: 'end of the run' }]);
    expect((await run.result()).outcome).toBe('completed');
    const [decision] = await harness.store.listDecisions(run.workflowId);
    expect(decision?.body).toMatchObject({ verdict: 'deny', rules: [{ id: 'secret-in-arguments' }] });
    expect(run.effects()).toEqual([]);
    await expectNotRecorded(run);
  });

  it('that the model says is not recorded', async () => {
    const run = await harness.start([{ text: `the key is ${canary}, end of the run` }]);
    expect((await run.result()).text).toContain('[secret:');
    await expectNotRecorded(run);
  });

  it('that a tool gives is not recorded, and the model gets its mark', async () => {
    const run = await harness.start([{ calls: [{ name: 'leak', args: { name: 'x' } }] }, { text: 'end of the run' }]);
    await run.result();
    await expectNotRecorded(run);
    const sent = JSON.stringify(harness.model.requests(run.input));
    expect(sent).toContain('[secret:');
    expect(sent).not.toContain(canary);
  });
});
