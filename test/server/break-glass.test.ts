/**
 * Break-glass on a real server (P1 to P5): one person's answer runs the call once, also when the worker is killed on either side
 * of the permit; its review is open with it, and a record that was changed is found out. Every run's record is replayed.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditStore } from '../../audit/open-record.ts';
import { createServerSource } from '../../audit/fetch-chain.ts';
import { renderPostmortem } from '../../audit/render-postmortem.ts';
import { type ReplayReport, replayRun } from '../../audit/replay-run.ts';
import { replayBundle, type WorkflowBundle } from '../../worker/workflow-bundle.ts';
import { breakGlassPolicy, breaking, signReview } from '../support/break-glass.ts';
import { bundleFolder } from '../support/bundle-folder.ts';
import { audience, type Harness, startHarness } from '../support/harness.ts';
import { type KillAt, ownQueues, startWorkerProcess } from '../support/start-worker-process.ts';

const call = (name: string) => ({ calls: [{ name: 'quick_send', args: { name } }] });

describe('break-glass', () => {
  let harness: Harness;
  let bundle: WorkflowBundle;
  beforeAll(async () => {
    harness = await startHarness({ policy: breakGlassPolicy('150s') });
    await harness.desk.enrol('mia', ['lead']);
    bundle = await replayBundle(bundleFolder);
  });
  afterAll(() => harness.stop());

  async function replay(workflowId: string, changed: Partial<AuditStore> = {}): Promise<ReplayReport> {
    const { door, store, keys } = harness;
    const source = createServerSource({ door, store });
    const whole = { ...store, ...changed };
    return await replayRun({ workflowId, source, registry: keys.registry, audience, store: whole, bundle });
  }
  const failuresOf = ({ checks }: ReplayReport): string[] =>
    checks.filter(({ result }) => result === 'failed').flatMap(({ problems }) => problems.map(({ reason }) => reason));

  const crashes: { step: string; killAt: KillAt }[] = [
    { step: 'with the vote there and no permit', killAt: { when: 'before', method: 'recordDecision', call: 2 } },
    { step: 'between permit and effect', killAt: { when: 'after', method: 'recordDecision', call: 2 } },
    { step: 'after the effect', killAt: { when: 'before', method: 'consumeFence', call: 1 } },
  ];
  it.concurrent.each(crashes)('P5 runs the call once when the worker is killed $step', async ({ killAt }) => {
    const taskQueues = ownQueues();
    const victim = await startWorkerProcess(harness, { killAt, taskQueues });
    const run = await harness.start([call('web-0'), { text: 'Sent.' }], { taskQueues });
    const ask = await run.ask();
    const vote = await run.castVote(ask, breaking());
    expect(await victim.ended).toBe('SIGKILL');
    const successor = await startWorkerProcess(harness, { taskQueues });
    try {
      expect(await run.result()).toMatchObject({ outcome: 'completed', text: 'Sent.', calls: 1 });
    } finally {
      successor.signal('SIGKILL');
    }
    expect(run.effects().map((line) => line.split(' ')[1])).toEqual(['web-0']);
    const reviews = (await harness.store.listReviews({ limit: 100 })).filter(({ nonce }) => nonce === ask.nonce);
    expect(reviews).toMatchObject([{ principal: 'mia', dueAt: vote.body.castAt + 86_400_000 }]);
  });

  it.concurrent('P2 does not pass a denial, whichever reaches the run first', async () => {
    const run = await harness.start([call('denied-0'), { text: 'end' }]);
    const ask = await run.ask();
    await run.castVote(ask, { verdict: 'deny' });
    await run.castVote(ask, breaking());
    await run.result();
    expect(run.effects()).toEqual([]);
    expect(await harness.store.getReview(ask.nonce)).toBeNull();
  });

  it.concurrent('P1 that a Temporal client forged, or that lacks the role, lets nothing through', async () => {
    const run = await harness.start([call('forged-0'), { text: 'end' }]);
    const ask = await run.ask();
    const sealed = harness.desk.vote(ask, { ...breaking(), verdict: 'deny' });
    await run.signalVote({ ...sealed, body: { ...sealed.body, verdict: 'break-glass' } });
    await run.castVote(ask, breaking('pete'));
    await run.castVote(ask, { verdict: 'deny' });
    await run.result();
    expect(run.effects()).toEqual([]);
    expect(await harness.store.getReview(ask.nonce)).toBeNull();
  });

  it.concurrent('P4 is replayed with its review, open and signed; what was changed of it is found', async () => {
    const run = await harness.start([call('told-0'), { text: 'end' }]);
    const ask = await run.ask();
    await run.castVote(ask, breaking());
    await run.result();
    const open = await replay(run.workflowId);
    expect(open).toMatchObject({
      verdict: 'verified',
      reviews: [{ by: 'mia', role: 'lead', state: 'open', signatures: [] }],
    });
    expect(renderPostmortem(open)).toMatch(/Break-glass of mia \(role lead\) .*: review OPEN, 0 of 2 have signed/u);
    for (const principal of ['olga', 'mia', 'rita', 'pete']) await signReview(harness, ask.nonce, principal);
    const signed = await replay(run.workflowId);
    expect(signed).toMatchObject({ verdict: 'verified', reviews: [{ state: 'signed' }] });
    expect(signed.reviews?.[0]?.signatures.map(({ principal }) => principal)).toEqual(['olga', 'pete']);

    const { store } = harness;
    const own = await store.getReview(ask.nonce);
    if (!own) throw new TypeError('no review was opened');
    const changes: [Partial<AuditStore>, string][] = [
      [{ getReview: async () => null }, 'no review of it was opened'],
      [{ getReview: async () => ({ ...own, principal: 'pete' }) }, 'its review says something else than the permit'],
      [{ getReview: async () => ({ ...own, dueAt: own.dueAt + 1 }) }, 'its review says something else than the permit'],
      [
        {
          listControl: async (kinds) =>
            (await store.listControl(kinds)).map((row) =>
              row.body.kind === 'review-signature' && row.body.principal === 'mia'
                ? { ...row, body: { ...row.body, principal: 'quinn' } }
                : row,
            ),
        },
        'a signature of its review is not the gateway’s',
      ],
    ];
    for (const [changed, reason] of changes) {
      const report = await replay(run.workflowId, changed);
      expect(failuresOf(report)).toEqual([reason]);
      expect(report.verdict).toBe('differs');
    }
  });
});
