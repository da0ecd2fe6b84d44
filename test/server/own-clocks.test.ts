/**
 * Several requests of one turn, each with its own clock (P3): silence and denials end what waits behind another request, also
 * while nobody answers that one, and nothing runs out of turn.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AskRow } from '../../store/store.ts';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';
import { until } from '../support/until.ts';

const policy = `version: 1
roles: { operator: {} }
approvals:
  default: { approvers: { roles: [operator] }, deadline: 30m }
  brief: { approvers: { roles: [operator] }, deadline: 1s }
rules:
  - { id: long, effect: ask, tools: [send, quick_send], reason: a person must see it }
  - { id: short, effect: ask, tools: [delete_database], approval: brief, reason: a person must see it soon }
`;

describe('requests of one turn', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ policy });
  });
  afterAll(async () => {
    // Replays the runs: what was gated out of turn is in the record as it happened.
    await harness.stop();
  });

  async function asked(...tools: string[]): Promise<{ run: StartedRun; asks: AskRow[] }> {
    const calls = tools.map((name, index) => ({ name, args: { name: `${name.replace('_', '-')}-${index}` } }));
    const run = await harness.start([{ calls }, { text: 'end' }]);
    const asks = await until('all requests', async () => {
      const found = await harness.store.listAsks({ workflowId: run.workflowId, limit: 10 });
      return found.length === tools.length ? found : undefined;
    });
    return { run, asks: asks.toSorted((a, b) => (a.callKey < b.callKey ? -1 : 1)) };
  }

  async function outcomeOf({ nonce }: AskRow): Promise<string | null> {
    return await until('its outcome', async () => (await harness.store.getAsk(nonce))?.outcome);
  }

  it.concurrent('P3 are each denied by their own silence, while the first one still waits', async () => {
    const { run, asks } = await asked('send', 'delete_database', 'delete_database', 'quick_send');
    const [first, second, third, last] = asks as [AskRow, AskRow, AskRow, AskRow];
    expect(await outcomeOf(second)).toBe('expired');
    expect(await outcomeOf(third)).toBe('expired');
    expect((await harness.store.getAsk(first.nonce))?.outcome).toBeNull();
    expect((await harness.store.getAsk(last.nonce))?.outcome).toBeNull();
    await run.castVote(last);
    await run.castVote(first);
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects().map((line) => line.split(' ')[1])).toEqual(['send-0', 'quick-send-3']);
  });

  it.concurrent('are denied by a person at once, while the first one still waits, and run nothing', async () => {
    const { run, asks } = await asked('send', 'quick_send');
    const [first, second] = asks as [AskRow, AskRow];
    await run.castVote(second, { verdict: 'deny', reason: 'Not today.' });
    expect(await outcomeOf(second)).toBe('denied');
    expect((await harness.store.getAsk(first.nonce))?.outcome).toBeNull();
    await run.castVote(first);
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects().map((line) => line.split(' ')[1])).toEqual(['send-0']);
  });

  it.concurrent('end with the run that somebody stopped by denying a later one', async () => {
    const { run, asks } = await asked('send', 'quick_send');
    const [first, second] = asks as [AskRow, AskRow];
    await run.castVote(second, { verdict: 'deny', stop: true, reason: 'Not today.' });
    expect((await run.result()).outcome).toBe('refused');
    expect(await outcomeOf(first)).toBe('withdrawn');
    expect(run.effects()).toEqual([]);
  });
});
