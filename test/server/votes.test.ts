/** Votes that must not count, one attack each, on a real server; and votes that must not be lost (P2, P3). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SignedVote, VoteBody } from '../../core/contracts/approval.ts';
import { digestJson, digestText } from '../../core/digest.ts';
import type { AskRow } from '../../store/store.ts';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';
import { effectsIn } from '../support/test-tools.ts';
import { until } from '../support/until.ts';

describe('votes', () => {
  let harness: Harness;
  let run: StartedRun;
  let ask: AskRow;
  beforeAll(async () => {
    harness = await startHarness({ deadline: '3s' });
    await harness.desk.enrol('robot', ['operator'], false);
    await harness.desk.enrol('guest', []);
  });
  afterAll(() => harness.stop());
  beforeEach(async () => {
    run = await harness.start([{ calls: [{ name: 'send', args: { name: 'all' } }] }, { text: 'end' }]);
    ask = await run.ask();
  });

  /** Sends it as an attacker with namespace access would: a signal, nothing stored. */
  async function expectNoEffect(vote: unknown): Promise<void> {
    await run.signalVote(vote);
    expect((await run.result()).text).toBe('end');
    expect(effectsIn(harness.folder).filter((line) => line.includes(run.workflowId))).toEqual([]);
  }

  const unfitting: [name: string, changes: Partial<VoteBody>][] = [
    ['another ask', { askDigest: digestText('decision', 'another') }],
    ['another card', { cardDigest: digestText('card', 'another') }],
    ['other terms', { termsDigest: digestText('terms', 'others') }],
    ['another request', { nonce: '00000000-0000-4000-8000-000000000000' }],
    ['a time before the ask', { castAt: 1 }],
    ['a time ahead of now', { castAt: Date.now() + 3_600_000 }],
  ];
  it.each(unfitting)('do not count when they are for %s', async (_name, changes) => {
    await expectNoEffect(harness.desk.vote(ask, changes));
  });

  it.each(['rita', 'robot', 'guest', 'stranger'])('do not count when they are by %s', async (principal) => {
    await expectNoEffect(harness.desk.vote(ask, { principal }));
  });

  it('do not count with a signature that does not verify', async () => {
    const vote = harness.desk.vote(ask, { verdict: 'deny' });
    await expectNoEffect({ ...vote, body: { ...vote.body, verdict: 'approve' } });
  });

  it('do not count when they were cast after the deadline', async () => {
    await expectNoEffect(harness.desk.vote(ask, { castAt: ask.deadlineAt + 1 }));
  });

  it('do not count with a credential that was revoked since', async () => {
    await harness.desk.enrol('temp');
    const vote = harness.desk.vote(ask, { principal: 'temp' });
    await harness.desk.control({ kind: 'api-key-revocation', keyId: vote.body.authenticated.credentialId, by: 'olga' });
    await expectNoEffect(vote);
  });

  it('count once: a vote replayed into another run approves nothing there', async () => {
    const vote = harness.desk.vote(ask);
    const other = await harness.start([{ calls: [{ name: 'send', args: { name: 'all' } }] }, { text: 'end' }]);
    await other.ask();
    await other.signalVote(vote);
    await run.signalVote(vote);
    await Promise.all([run.result(), other.result()]);
    expect(effectsIn(harness.folder).filter((line) => line.includes(other.workflowId))).toEqual([]);
    expect(effectsIn(harness.folder).filter((line) => line.includes(run.workflowId))).toHaveLength(1);
  });

  it('leave the run standing when they are anything at all', async () => {
    const junk: unknown[] = [null, 1, 'vote', [], {}, { domain: 'vote' }, { ...harness.desk.vote(ask), extra: true }];
    for (const one of junk) await run.signalVote(one);
    await harness.door.client.workflow.getHandle(run.workflowId).signal('no-such-signal', { anything: true });
    await approveBy('olga');
    expect((await run.result()).outcome).toBe('completed');
    expect(effectsIn(harness.folder).filter((line) => line.includes(run.workflowId))).toHaveLength(1);
  });

  it('leave the run standing when their payload cannot be decoded', async () => {
    await harness.door.client.workflowService.signalWorkflowExecution({
      namespace: harness.door.namespace,
      workflowExecution: { workflowId: run.workflowId },
      signalName: 'vote',
      input: { payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{not json') }] },
    });
    await approveBy('olga');
    expect((await run.result()).outcome).toBe('completed');
  });

  it('are answered by a query: applied, duplicate, rejected', async () => {
    const guest = harness.desk.vote(ask, { askDigest: digestText('decision', 'another') });
    await run.signalVote(guest);
    await expectStatus(guest, 'rejected');
    const vote = await approveBy('olga');
    await expectStatus(vote, 'applied');
    await run.result();
  });

  it('count although no worker was there to receive them', async () => {
    await harness.stopWorker();
    const vote = await approveBy('olga');
    expect(vote.body.castAt).toBeLessThanOrEqual(ask.deadlineAt);
    await harness.startWorker();
    expect((await run.result()).outcome).toBe('completed');
    expect(effectsIn(harness.folder).filter((line) => line.includes(run.workflowId))).toHaveLength(1);
  });

  it('count when they were stored but never signalled', async () => {
    const vote = harness.desk.vote(ask);
    await harness.store.storeVote(vote, digestJson('vote', vote));
    expect((await run.result()).outcome).toBe('completed');
    expect(effectsIn(harness.folder).filter((line) => line.includes(run.workflowId))).toHaveLength(1);
  });

  async function approveBy(principal: string): Promise<SignedVote> {
    const vote = harness.desk.vote(ask, { principal });
    await harness.store.storeVote(vote, digestJson('vote', vote));
    await run.signalVote(vote);
    return vote;
  }

  async function expectStatus(vote: SignedVote, expected: string): Promise<void> {
    const digest = digestJson('vote', vote);
    const status = await until(`status ${expected}`, async () => {
      const answer = await harness.door.voteStatus(run.workflowId, digest, 2000);
      return answer && answer.status !== 'checking' && answer.status !== 'unknown' ? answer.status : undefined;
    });
    expect(status).toBe(expected);
  }
});
