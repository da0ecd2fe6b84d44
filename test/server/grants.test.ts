/**
 * Grants on a real server (P1, P2, P5): covered calls run without being asked, once for each use, also when the worker is
 * killed between reserve and execution; what is forged, revoked or used up is asked about. Every run's record is replayed.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grant } from '../../core/contracts/grant.ts';
import { type Harness, type StartedRun, startHarness, testPolicy } from '../support/harness.ts';
import { grantDigestOf, grantFor } from '../support/grants.ts';
import { type KillAt, ownQueues, startWorkerProcess } from '../support/start-worker-process.ts';

const call = (name: string) => ({ calls: [{ name: 'quick_send', args: { name } }] });
/** Agent-wide grants of one test must not cover the calls of the others. */
const like = (glob: string): Pick<Grant, 'arguments'> => ({ arguments: { name: { kind: 'like', globs: [glob] } } });
const policy = testPolicy('150s').replace(
  'executeWithin: 60s',
  'executeWithin: 60s\n    grants: { ttl: 1h, uses: 5, scope: agent }',
);

describe('a grant', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ policy });
  });
  afterAll(() => harness.stop());

  /** A run whose first call was approved, and its grant with it. */
  async function granted(run: StartedRun, changes: Partial<Grant> = {}): Promise<Grant> {
    const ask = await run.ask();
    const grant = grantFor(ask, { environment: harness.pack.body.environment, ...changes });
    await harness.desk.control({ kind: 'grant', grant });
    await run.castVote(ask, { grantDigest: grantDigestOf(grant) });
    return grant;
  }

  const asksOf = async ({ workflowId }: StartedRun) => await harness.store.listAsks({ workflowId, limit: 10 });

  it.concurrent('P2 lets covered calls of its run through, and asks about the others', async () => {
    const run = await harness.start([call('web-0'), call('web-1'), call('db-1'), { text: 'end' }]);
    const grant = await granted(run, { scope: 'run' });
    await run.castVote(await run.ask(1), { verdict: 'deny' });
    await run.result();
    expect(run.effects().map((line) => line.split(' ')[1])).toEqual(['web-0', 'web-1']);
    expect(await asksOf(run)).toHaveLength(2);
    const [use, ...more] = await harness.store.grantUses(grant.grantId);
    expect(use).toMatchObject({ number: 1, callKey: `${run.workflowId}/2.0`, try: 1 });
    expect(more).toEqual([]);
  });

  it.concurrent('P2 gives its last use to one of two runs that race for it', async () => {
    const first = await harness.start([call('race-0'), { text: 'end' }]);
    const grant = await granted(first, like('race-*'));
    await first.result();
    const rivals = await Promise.all(
      ['race-1', 'race-2'].map(async (name) => await harness.start([call(name), { text: 'end' }])),
    );
    const ended = await Promise.race(rivals.map(async (run) => ({ run, result: await run.result() })));
    const other = rivals.find((run) => run !== ended.run);
    if (!other) throw new TypeError('there is no other run');
    expect(ended.run.effects()).toHaveLength(1);
    await other.castVote(await other.ask(), { verdict: 'deny' });
    await other.result();
    expect(other.effects()).toEqual([]);
    expect(await harness.store.grantUses(grant.grantId)).toHaveLength(1);
  });

  it.concurrent('P2 lets nothing through once it is revoked, and asks', async () => {
    const first = await harness.start([call('ended-0'), { text: 'end' }]);
    const { grantId } = await granted(first, { ...like('ended-*'), uses: 5 });
    await first.result();
    const before = await harness.start([call('ended-1'), { text: 'end' }]);
    await before.result();
    expect(before.effects()).toHaveLength(1);
    await harness.desk.control({ kind: 'grant-revocation', grantId, by: 'pete', reason: null });
    const after = await harness.start([call('ended-2'), { text: 'end' }]);
    await after.castVote(await after.ask(), { verdict: 'deny' });
    await after.result();
    expect(after.effects()).toEqual([]);
  });

  it.concurrent('P1 that a Temporal client forged, or signed with another key, lets nothing through', async () => {
    const run = await harness.start([call('forged-0'), call('forged-1'), { text: 'end' }]);
    const ask = await run.ask();
    const grant = grantFor(ask, { environment: harness.pack.body.environment, scope: 'run', ...like('forged-*') });
    const sealed = harness.desk.vote(ask, { grantDigest: grantDigestOf(grant), verdict: 'deny' });
    await run.signalVote({ ...sealed, body: { ...sealed.body, verdict: 'approve' } });
    // Approved alone; the digest of a grant that nobody recorded does not make one.
    await run.castVote(ask, { grantDigest: grantDigestOf(grant) });
    await run.castVote(await run.ask(1), { verdict: 'deny' });
    await run.result();
    expect(run.effects().map((line) => line.split(' ')[1])).toEqual(['forged-0']);
  });

  const crashes: { step: string; killAt: KillAt; asks: number }[] = [
    { step: 'after its use was taken', killAt: { when: 'after', method: 'recordDecision', call: 3 }, asks: 1 },
    // Reserved and not started: proved not to have happened, and a further try always asks.
    { step: 'between reserve and execution', killAt: { when: 'after', method: 'reserveFence', call: 2 }, asks: 2 },
    { step: 'after the effect', killAt: { when: 'before', method: 'consumeFence', call: 2 }, asks: 1 },
  ];
  it.concurrent.each(crashes)('P5 is used once when the worker is killed $step', async ({ killAt, asks }) => {
    const taskQueues = ownQueues();
    const victim = await startWorkerProcess(harness, { killAt, taskQueues });
    const run = await harness.start([call('web-0'), call('web-1'), { text: 'Sent.' }], { taskQueues });
    const grant = await granted(run, { scope: 'run' });
    expect(await victim.ended).toBe('SIGKILL');
    const successor = await startWorkerProcess(harness, { taskQueues });
    try {
      if (asks > 1) await run.castVote(await run.ask(1));
      expect(await run.result()).toMatchObject({ outcome: 'completed', text: 'Sent.', calls: 2 });
    } finally {
      successor.signal('SIGKILL');
    }
    expect(run.effects().map((line) => line.split(' ')[1])).toEqual(['web-0', 'web-1']);
    expect(await asksOf(run)).toHaveLength(asks);
    expect(await harness.store.grantUses(grant.grantId)).toHaveLength(1);
  });
});
