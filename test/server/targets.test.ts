/** What a person approved is held to the state that it was read in (P2): without one nothing is asked, with another nothing starts. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, beforeAll, describe, expect, it } from 'vitest';
import { digestText } from '../../core/digest.ts';
import type { AskRow } from '../../store/store.ts';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';
import { until } from '../support/until.ts';

const scale = [{ calls: [{ name: 'scale', args: { name: 'web' } }] }, { text: 'Scaled.' }];

describe('a target', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.stop());
  beforeEach(() => rmSync(join(harness.folder, 'size'), { force: true }));

  function setSize(size: string): void {
    writeFileSync(join(harness.folder, 'size'), size);
  }
  async function approve(run: StartedRun, ask: AskRow): Promise<void> {
    await run.castVote(ask);
  }

  it('P2 that cannot be read at first is asked about only when it was', async () => {
    const run = await harness.start(scale);
    await until('a reading that failed', async () => {
      const entries = await harness.store.listLedger({ workflowId: run.workflowId, limit: 100 });
      return entries.some((entry) => entry.kind === 'receipt');
    });
    setSize('3');
    await harness.door.signal(run.workflowId, 'control', null);
    const ask = await run.ask();
    const state = digestText('target-state', '{"size":"3"}');
    expect(JSON.parse(ask.card)).toMatchObject({ targetState: state });
    await approve(run, ask);
    expect((await run.result()).text).toBe('Scaled.');
    const permit = (await harness.store.listDecisions(run.workflowId)).at(-1);
    expect(permit?.body).toMatchObject({ verdict: 'allow', purpose: 'execute', targetStateDigest: state });
    expect(run.effects()).toHaveLength(1);
  });

  it('P2 that changed after the approval is left alone, and people are asked again', async () => {
    setSize('3');
    const run = await harness.start(scale);
    const first = await run.ask();
    setSize('4');
    await approve(run, first);
    const second = await run.ask(1);
    expect(run.effects()).toEqual([]);
    expect(second.try).toBe(2);
    expect(JSON.parse(second.card)).toMatchObject({ targetState: digestText('target-state', '{"size":"4"}') });
    await approve(run, second);
    expect((await run.result()).text).toBe('Scaled.');
    expect(run.effects()).toEqual([`scale web ${run.workflowId}/1.0 2`]);
  });
});
