/** Effects of which nobody knows whether they happened: never guessed, never blindly tried again (P5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AskRow } from '../../store/store.ts';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';
import { startedIn } from '../support/test-tools.ts';

describe('an effect in doubt', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ deadline: '20s' });
  });
  afterAll(() => harness.stop());

  function linesOf(run: StartedRun, lines: string[]): string[] {
    return lines.filter((line) => line.includes(run.workflowId));
  }

  async function approve(run: StartedRun, asksBefore: number): Promise<void> {
    await run.castVote(await run.ask(asksBefore));
  }

  async function answer(run: StartedRun, { ask, nonce }: AskRow, said: 'happened' | 'did-not-happen'): Promise<void> {
    const { callKey, try: tryNumber } = ask.body;
    const by = { principal: 'olga', roles: ['operator'], reason: 'I looked.', answeredAt: Date.now() };
    await harness.desk.control({ kind: 'reconcile-answer', nonce, callKey, try: tryNumber, answer: said, ...by });
    await harness.door.signal(run.workflowId, 'control', {});
  }

  /** Its tool never ends its first try, and has no probe. */
  async function inDoubt(): Promise<{ run: StartedRun; reconcile: AskRow }> {
    const run = await harness.start([{ calls: [{ name: 'blind_send', args: { name: 'all' } }] }, { text: 'end' }]);
    await approve(run, 0);
    const reconcile = await run.ask(1);
    expect(reconcile.ask.body).toMatchObject({ verdict: 'ask', ask: { kind: 'reconcile' } });
    expect(linesOf(run, startedIn(harness.folder))).toEqual([`${run.workflowId}/1.0 1`]);
    return { run, reconcile };
  }

  it.concurrent('is tried again after a person said that it did not happen, and only after a new approval', async () => {
    const { run, reconcile } = await inDoubt();
    await answer(run, reconcile, 'did-not-happen');
    await approve(run, 2);
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects()).toEqual([`blind_send all ${run.workflowId}/1.0 2`]);
  });

  it.concurrent('is not tried again after a person said that it happened', async () => {
    const { run, reconcile } = await inDoubt();
    await answer(run, reconcile, 'happened');
    expect((await run.result()).outcome).toBe('completed');
    expect(linesOf(run, startedIn(harness.folder))).toHaveLength(1);
    expect(JSON.stringify(harness.model.requests(run.input).at(-1))).toContain('It happened');
  });

  it.concurrent('stays unknown when nobody says what became of it, and the model is told so', async () => {
    const { run } = await inDoubt();
    expect((await run.result()).outcome).toBe('completed');
    expect(linesOf(run, startedIn(harness.folder))).toHaveLength(1);
    expect(JSON.stringify(harness.model.requests(run.input).at(-1))).toContain('Outcome unknown');
  });

  it.concurrent('is not settled by an approval: a vote is no answer', async () => {
    const { run, reconcile } = await inDoubt();
    await run.castVote(reconcile);
    expect((await run.result()).outcome).toBe('completed');
    expect(linesOf(run, startedIn(harness.folder))).toHaveLength(1);
    expect(JSON.stringify(harness.model.requests(run.input).at(-1))).toContain('Outcome unknown');
  });

  it.concurrent('is tried again where its probe says that it did not happen, and only after a new approval', async () => {
    const run = await harness.start([{ calls: [{ name: 'torn_send', args: { name: 'all' } }] }, { text: 'end' }]);
    await approve(run, 0);
    const second = await run.ask(1);
    expect(second.ask.body).toMatchObject({ try: 2, verdict: 'ask', ask: { kind: 'call' } });
    await approve(run, 1);
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects()).toEqual([`torn_send all ${run.workflowId}/1.0 2`]);
  });
});
