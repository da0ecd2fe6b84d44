/** What is broken or away: in the gate it refuses or holds, at the model it is tried again or ends the run (P1, P2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestText } from '../../core/digest.ts';
import type { Store } from '../../store/store.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import { createOutage } from '../support/store-outage.ts';
import { until } from '../support/until.ts';
const restart = { calls: [{ name: 'restart', args: { name: 'web' } }] };

describe('a gate that breaks', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ wrapStore: failingOnce });
  });
  afterAll(() => harness.stop());

  /** Not a store that is away: one whose answer makes the gate's own code fail. */
  function failingOnce(store: Store): Store {
    let calls = 0;
    return new Proxy(store, {
      get(target, name) {
        if (name !== 'recordDecision' || calls > 0) return bound(target, name);
        calls += 1;
        return () => Promise.reject(new TypeError('a fault that nobody thought of'));
      },
    });
  }

  it('P1 refuses the call, and says so to the model and in the record', async () => {
    const run = await harness.start([restart, { text: 'Refused.' }]);
    expect(await run.result()).toMatchObject({ outcome: 'completed', text: 'Refused.' });
    expect(run.effects()).toEqual([]);
    const [decision] = await harness.store.listDecisions(run.workflowId);
    expect(decision?.body).toMatchObject({ verdict: 'deny', rules: [{ id: 'gate-fault' }] });
    // The fault's own words may hold what an attacker wrote.
    expect(JSON.stringify(decision)).not.toContain('nobody thought of');
  });
});

describe('a policy that is missing', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.stop());

  it('P1 refuses every call', async () => {
    const policyDigest = digestText('policy', 'a policy that nobody stored');
    const run = await harness.start([restart, { text: 'Refused.' }], { policyDigest });
    expect((await run.result()).text).toBe('Refused.');
    expect(run.effects()).toEqual([]);
    const [decision] = await harness.store.listDecisions(run.workflowId);
    expect(decision?.body).toMatchObject({ verdict: 'deny', rules: [{ id: 'policy-missing' }] });
  });
});

describe('a store that is away for a while', () => {
  const outage = createOutage();
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ wrapStore: (store) => outage.wrap(store) });
  });
  afterAll(() => harness.stop());

  it('P1 holds the run, runs nothing meanwhile, and goes on when it is back', async () => {
    const run = await harness.start([{ calls: [{ name: 'send', args: { name: 'all' } }] }, { text: 'Sent.' }]);
    const vote = harness.desk.vote(await run.ask());
    outage.begin();
    await run.signalVote(vote);
    const held = await until('the run to be held', async () => {
      const state = await harness.door.runState(run.workflowId, 2000);
      return state?.state === 'held' ? state : undefined;
    });
    expect(held.hold).toContain('store-unavailable');
    expect(outage.refused()).toBeGreaterThan(0);
    expect(run.effects()).toEqual([]);
    outage.end();
    await harness.door.signal(run.workflowId, 'control', null);
    expect(await run.result()).toMatchObject({ outcome: 'completed', text: 'Sent.' });
    expect(run.effects()).toHaveLength(1);
    // The model never heard of it.
    const decisions = await harness.store.listDecisions(run.workflowId);
    expect(decisions.map(({ body }) => body.verdict)).toEqual(['ask', 'allow']);
  });

  it('P1 does not even open the run, and opens it when it is back', async () => {
    outage.begin();
    const run = await harness.start([restart, { text: 'Restarted.' }]);
    await until('an attempt to open', () => outage.refused() > 0);
    expect(run.effects()).toEqual([]);
    outage.end();
    await harness.door.signal(run.workflowId, 'control', null);
    expect((await run.result()).text).toBe('Restarted.');
    expect(run.effects()).toHaveLength(1);
  });
});

describe('a model that', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ model: { requestTimeoutMs: 1000 } });
  });
  afterAll(() => harness.stop());

  it.each([
    ['answers 429 with a retry-after', { error: 429, retryAfter: 1 }],
    ['answers 500', { error: 500 }],
    ['answers nothing in time', { silence: true as const }],
  ])('%s is asked again, and the turn happens once', async (_name, fault) => {
    const run = await harness.start([fault, restart, { text: 'Restarted.' }]);
    expect(await run.result()).toMatchObject({ outcome: 'completed', turns: 2, calls: 1 });
    expect(run.effects()).toHaveLength(1);
  });

  it('answers 400 ends the run with the status, and a record that is closed', async () => {
    const run = await harness.start([{ error: 400 }]);
    await expect(run.result()).rejects.toMatchObject({
      cause: { type: 'model-refused', message: expect.stringContaining('400') as unknown },
    });
    expect((await harness.store.getRun(run.workflowId))?.outcome).toBe('failed');
  });
});

function bound(target: Store, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === 'function' ? (...input: unknown[]): unknown => Reflect.apply(value, target, input) : value;
}
