/** Votes that must not count, one attack each, on a real server; and votes that must not be lost (P2, P3). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedVote, VoteBody } from '../../core/contracts/approval.ts';
import { digestJson, digestText } from '../../core/digest.ts';
import type { AskRow } from '../../store/store.ts';
import { type Harness, type StartedRun, startHarness } from '../support/harness.ts';
import { effectsIn } from '../support/test-tools.ts';
import { until } from '../support/until.ts';

interface Asked {
  run: StartedRun;
  ask: AskRow;
}

describe('votes', () => {
  /** Its requests stay open for as long as a test needs. */
  let harness: Harness;
  /** Its requests end by themselves soon. */
  let hasty: Harness;
  beforeAll(async () => {
    harness = await startHarness();
    hasty = await startHarness({ deadline: '3s' });
    await hasty.desk.enrol('robot', ['operator'], false);
    await hasty.desk.enrol('guest', []);
    // The requester made a key for a person of her own invention.
    await hasty.desk.enrol('invented', ['operator'], true, 'rita');
  });
  afterAll(async () => {
    await harness.stop();
    await hasty.stop();
  });

  /** A run that waits for an approval. */
  async function asked(at = harness): Promise<Asked> {
    const run = await at.start([{ calls: [{ name: 'send', args: { name: 'all' } }] }, { text: 'end' }]);
    return { run, ask: await run.ask() };
  }
  /** Sends it as an attacker with namespace access would: a signal, nothing stored. */
  async function expectNoEffect(run: StartedRun, vote: unknown): Promise<void> {
    await run.signalVote(vote);
    expect((await run.result()).text).toBe('end');
    expect(run.effects()).toEqual([]);
  }

  const unfitting: [name: string, changes: Partial<VoteBody>][] = [
    ['another ask', { askDigest: digestText('decision', 'another') }],
    ['another card', { cardDigest: digestText('card', 'another') }],
    ['other terms', { termsDigest: digestText('terms', 'others') }],
    ['another request', { nonce: '00000000-0000-4000-8000-000000000000' }],
    ['a time before the ask', { castAt: 1 }],
    ['a time ahead of now', { castAt: Date.now() + 3_600_000 }],
  ];
  it.concurrent.each(unfitting)('do not count when they are for %s', async (_name, changes) => {
    const { run, ask } = await asked(hasty);
    await expectNoEffect(run, hasty.desk.vote(ask, changes));
  });

  it.concurrent.each(['rita', 'robot', 'guest', 'stranger', 'invented'])(
    'do not count when they are by %s',
    async (principal) => {
      const { run, ask } = await asked(hasty);
      await expectNoEffect(run, hasty.desk.vote(ask, { principal }));
    },
  );

  it.concurrent('do not count with a signature that does not verify', async () => {
    const { run, ask } = await asked(hasty);
    const vote = hasty.desk.vote(ask, { verdict: 'deny' });
    await expectNoEffect(run, { ...vote, body: { ...vote.body, verdict: 'approve' } });
  });

  it.concurrent('do not count when they were cast after the deadline', async () => {
    const { run, ask } = await asked(hasty);
    await expectNoEffect(run, hasty.desk.vote(ask, { castAt: ask.deadlineAt + 1 }));
  });

  it.concurrent('do not count with a credential that was revoked since', async () => {
    const { run, ask } = await asked(hasty);
    await hasty.desk.enrol('temp');
    const vote = hasty.desk.vote(ask, { principal: 'temp' });
    await hasty.desk.control({ kind: 'api-key-revocation', keyId: vote.body.authenticated.credentialId, by: 'olga' });
    await expectNoEffect(run, vote);
  });

  it.concurrent('count once: a vote replayed into another run approves nothing there', async () => {
    const { run, ask } = await asked();
    const other = await asked();
    const vote = harness.desk.vote(ask);
    await other.run.signalVote(vote);
    await run.signalVote(vote);
    await run.result();
    await other.run.signalVote(harness.desk.vote(other.ask, { verdict: 'deny' }));
    await other.run.result();
    expect(other.run.effects()).toEqual([]);
    expect(run.effects()).toHaveLength(1);
  });

  it.concurrent('leave the run standing when they are anything at all', async () => {
    const { run, ask } = await asked();
    const junk: unknown[] = [null, 1, 'vote', [], {}, { domain: 'vote' }, { ...harness.desk.vote(ask), extra: true }];
    for (const one of junk) await run.signalVote(one);
    await harness.door.client.workflow.getHandle(run.workflowId).signal('no-such-signal', { anything: true });
    await approveBy({ run, ask }, 'olga');
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects()).toHaveLength(1);
  });

  it.concurrent('leave the run standing when their payload cannot be decoded', async () => {
    const { run, ask } = await asked();
    await harness.door.client.workflowService.signalWorkflowExecution({
      namespace: harness.door.namespace,
      workflowExecution: { workflowId: run.workflowId },
      signalName: 'vote',
      input: { payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{not json') }] },
    });
    await approveBy({ run, ask }, 'olga');
    expect((await run.result()).outcome).toBe('completed');
  });

  it.concurrent('are answered by a query: applied, duplicate, rejected', async () => {
    const { run, ask } = await asked();
    const guest = harness.desk.vote(ask, { askDigest: digestText('decision', 'another') });
    await run.signalVote(guest);
    await expectStatus(run, guest, 'rejected');
    const vote = await approveBy({ run, ask }, 'olga');
    await expectStatus(run, vote, 'applied');
    await run.result();
  });

  it.concurrent('count when they were stored but never signalled', async () => {
    const { run, ask } = await asked(hasty);
    const vote = hasty.desk.vote(ask);
    await hasty.store.storeVote(vote, digestJson('vote', vote));
    expect((await run.result()).outcome).toBe('completed');
    expect(run.effects()).toHaveLength(1);
  });

  async function approveBy({ run, ask }: Asked, principal: string): Promise<SignedVote> {
    return await run.castVote(ask, { principal });
  }

  async function expectStatus(run: StartedRun, vote: SignedVote, expected: string): Promise<void> {
    const digest = digestJson('vote', vote);
    const status = await until(`status ${expected}`, async () => {
      const answer = await harness.door.voteStatus(run.workflowId, digest, 2000);
      return answer && answer.status !== 'checking' && answer.status !== 'unknown' ? answer.status : undefined;
    });
    expect(status).toBe(expected);
  }
});

describe('votes while no worker runs', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterAll(() => harness.stop());

  it('count although nobody was there to receive them', async () => {
    const run = await harness.start([{ calls: [{ name: 'send', args: { name: 'all' } }] }, { text: 'end' }]);
    const ask = await run.ask();
    await harness.stopWorker();
    await run.castVote(ask);
    await harness.startWorker();
    expect((await run.result()).outcome).toBe('completed');
    expect(effectsIn(harness.folder)).toHaveLength(1);
  });

  it('count although they came before the run waited for them', async () => {
    // Both are asked about at once, and the run waits for the first: the vote on the second is early.
    const run = await harness.start([
      {
        calls: [
          { name: 'send', args: { name: 'first' } },
          { name: 'send', args: { name: 'second' } },
        ],
      },
      { text: 'end' },
    ]);
    const second = await until('the second ask', async () => {
      const asks = await harness.store.listAsks({ workflowId: run.workflowId, limit: 10 });
      return asks.find((row) => row.callKey.endsWith('.1'));
    });
    await run.castVote(second);
    const first = await until('the first ask', async () => {
      const asks = await harness.store.listAsks({ workflowId: run.workflowId, limit: 10 });
      return asks.find((row) => row.callKey.endsWith('.0'));
    });
    await run.castVote(first);
    expect((await run.result()).outcome).toBe('completed');
    const own = run.effects();
    expect(own.map((line) => line.split(' ')[1])).toEqual(['first', 'second']);
  });
});
