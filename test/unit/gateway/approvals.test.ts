/** What approvers are shown: the gate's own asks of live runs, their cards, and who may answer. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aVote, linkOf, nonceOf, voteDigest, workflowIdOf } from '../../support/signed-objects.ts';
import { newKeys, startWorld, type World } from './gateway-world.ts';

const endedLink = { linkRunId: linkOf(1), status: 'closed' as const, cancelRequested: false };
let world: World;
let key: string;
beforeEach(async () => {
  world = await startWorld();
  key = await world.key('bob');
});
afterEach(() => world.close());

async function listed(query = '', as = key): Promise<unknown[]> {
  const answer = await world.call('GET', `/v1/approvals${query}`, { key: as });
  expect(answer.status).toBe(200);
  return answer.body['approvals'] as unknown[];
}

async function nonces(query = ''): Promise<unknown[]> {
  return (await listed(query)).map((one) => (one as { nonce: string }).nonce);
}

describe('the list of open approval requests', () => {
  it('shows card, text, digests, time left and who may answer', async () => {
    const row = await world.ask(1);
    const [approval] = await listed();
    expect(approval).toMatchObject({
      nonce: nonceOf(1),
      approvalId: row.approvalId,
      workflowId: workflowIdOf(1),
      kind: 'call',
      tool: 'restart_service',
      card: { requester: 'ann', arguments: '{}' },
      cardDigest: expect.stringMatching(/^sha256:/) as unknown,
      askDigest: row.askDigest,
      timeLeftMs: row.deadlineAt - world.clock.at,
      open: true,
      outcome: null,
      approvers: { roles: ['operator'], principals: [], quorum: 1, requesterMayApprove: false },
      votes: [],
      you: { mayAnswer: true, reason: null },
    });
    expect((approval as { text: string }).text).toMatch(/^Run restart_service on test\n/);
  });

  it('reads votes and notices of all that it shows at once, however many they are', async () => {
    for (const one of [1, 2, 3]) await world.ask(one);
    const vote = world.seal('vote', aVote(nonceOf(2), 'cat').body);
    await world.store.storeVote(vote, voteDigest(vote));
    const reads = (['votesByNonces', 'noticesOfAll', 'votesByNonce', 'noticesOf'] as const).map((name) =>
      vi.spyOn(world.store, name),
    );
    for (const query of ['', '?state=all']) {
      for (const read of reads) read.mockClear();
      const shown = (await listed(query)) as { nonce: string; votes: unknown[] }[];
      expect(new Map(shown.map(({ nonce, votes }) => [nonce, votes.length]))).toEqual(
        new Map([
          [nonceOf(1), 0],
          [nonceOf(2), 1],
          [nonceOf(3), 0],
        ]),
      );
      expect(reads.map((read) => read.mock.calls.length)).toEqual([1, 1, 0, 0]);
    }
  });

  it('escapes what a card could hide from a terminal', async () => {
    await world.ask(1, { card: { environment: 'test\u001b[2J\u202eprod' } });
    const [approval] = await listed();
    const { text } = approval as { text: string };
    expect(text).toContain('test');
    for (const hidden of ['\u001b', '\u202e']) expect(text).not.toContain(hidden);
  });

  it('says to the requester why it may not answer', async () => {
    await world.ask(1);
    const [approval] = await listed('', await world.key('ann'));
    expect(approval).toMatchObject({
      you: { mayAnswer: false, reason: expect.stringContaining('requester') as unknown },
    });
  });

  it('leaves out what is past its deadline', async () => {
    const row = await world.ask(1);
    world.clock.at = row.deadlineAt;
    expect(await nonces()).toEqual([nonceOf(1)]);
    world.clock.at += 1;
    expect(await nonces()).toEqual([]);
    expect(await nonces('?state=all')).toEqual([nonceOf(1)]);
  });

  it('is not crowded out by what is past and stays open in the store', async () => {
    const past = await world.ask(1);
    world.clock.at = past.deadlineAt + 1;
    await world.ask(2, { deadlineAt: world.clock.at + 60_000 });
    const list = world.store.listAsks.bind(world.store);
    world.store.listAsks = (filter) => list({ ...filter, limit: 1 });
    expect(await nonces()).toEqual([nonceOf(2)]);
  });

  it('leaves out what no live run waits with', async () => {
    await world.ask(1);
    await world.ask(2);
    await world.ask(3);
    world.door.links.set(workflowIdOf(1), { linkRunId: linkOf(1), status: 'closed', cancelRequested: false });
    world.door.links.delete(workflowIdOf(2));
    expect(await nonces()).toEqual([nonceOf(3)]);
  });

  it.each([
    ['was ended from outside', () => world.door.links.set(workflowIdOf(1), endedLink)],
    ['the server does not know', () => world.door.links.delete(workflowIdOf(1))],
  ])('shows as withdrawn what a run asked that %s', async (_what, end) => {
    const row = await world.ask(1);
    const one = `/v1/approvals/${row.nonce}`;
    expect((await world.call('GET', one, { key })).body).toMatchObject({ open: true, outcome: null });
    end();
    const gone = { nonce: row.nonce, open: false, outcome: 'withdrawn' };
    expect((await world.call('GET', one, { key })).body).toMatchObject(gone);
    const all = await world.call('GET', '/v1/approvals?state=all', { key });
    expect(all.body).toMatchObject({ approvals: [gone] });
  });

  it('lists nothing while the server is away rather than say that nothing waits', async () => {
    const row = await world.ask(1);
    world.door.down = true;
    expect((await world.call('GET', '/v1/approvals', { key })).status).toBe(503);
    const one = await world.call('GET', `/v1/approvals/${row.nonce}`, { key });
    expect(one.body).toMatchObject({ open: true, outcome: null });
  });

  it('leaves out what a run asked before it was reset', async () => {
    await world.ask(1);
    const link = { workflowId: workflowIdOf(1), linkRunId: linkOf(9), expectedLastLinkRunId: linkOf(1) };
    await world.store.registerLink({ ...link, kind: 'reset', now: world.clock.at });
    world.door.run(workflowIdOf(1), linkOf(9));
    expect(await nonces()).toEqual([]);
  });

  it('keeps what an earlier link of the run asked', async () => {
    await world.ask(1);
    const link = { workflowId: workflowIdOf(1), linkRunId: linkOf(9), expectedLastLinkRunId: linkOf(1) };
    await world.store.registerLink({ ...link, kind: 'successor', now: world.clock.at });
    world.door.run(workflowIdOf(1), linkOf(9));
    expect(await nonces()).toEqual([nonceOf(1)]);
  });

  it('leaves out an ask that the gate did not sign', async () => {
    await world.ask(1, { signedBy: await newKeys(world.folder) });
    expect(await nonces()).toEqual([]);
    expect(await nonces('?state=all')).toEqual([]);
  });

  it('asks the server once for each run', async () => {
    await world.ask(1);
    let asked = 0;
    const currentLink = world.door.currentLink.bind(world.door);
    world.door.currentLink = (workflowId) => {
      asked += 1;
      return currentLink(workflowId);
    };
    await listed();
    expect(asked).toBe(1);
  });

  it('is not given while the server is away: nobody could confirm it', async () => {
    await world.ask(1);
    world.door.down = true;
    expect((await world.call('GET', '/v1/approvals', { key })).status).toBe(503);
  });

  it.each(['state=closed', 'limit=0', 'workflowId=x', 'foo=1'])('with %s is refused', async (query) => {
    expect((await world.call('GET', `/v1/approvals?${query}`, { key })).status).toBe(400);
  });
});

describe('one approval request', () => {
  it('shows the votes that verify', async () => {
    const row = await world.ask(1, { terms: { quorum: 2 } });
    if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
    const body = { verdict: 'approve', cardDigest: row.ask.body.ask.cardDigest };
    await world.call('POST', `/v1/approvals/${row.nonce}/votes`, { key, body });
    const answer = await world.call('GET', `/v1/approvals/${row.nonce}`, { key });
    const [vote] = answer.body['votes'] as object[];
    expect(vote).toMatchObject({ principal: 'bob', verdict: 'approve', castAt: world.clock.at, channel: 'api' });
    expect(vote).toMatchObject({ authenticated: expect.stringMatching(/^api-key [a-z0-9]{12}$/) as unknown });
  });

  it('says what the caller answered, and is none that they may answer any more', async () => {
    const row = await world.ask(1, { terms: { quorum: 2 } });
    if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
    const { cardDigest } = row.ask.body.ask;
    const answered = async () =>
      ((await world.call('GET', `/v1/approvals/${row.nonce}`, { key })).body['you'] as { answered?: string }).answered;
    const waiting = async (who: string) =>
      (await world.call('GET', '/v1/approvals?mayAnswer=true', { key: who })).body['approvals'] as object[];
    expect([await answered(), await waiting(key)]).toMatchObject([undefined, [{ nonce: row.nonce }]]);
    const votes = `/v1/approvals/${row.nonce}`;
    await world.call('POST', `${votes}/votes`, { key, body: { verdict: 'approve', cardDigest } });
    expect([await answered(), await waiting(key)]).toEqual(['approve', []]);
    expect(await waiting(await world.key('carol'))).toHaveLength(1);
    world.clock.at += 1;
    await world.call('POST', `${votes}/withdrawals`, { key, body: {} });
    expect([await answered(), await waiting(key)]).toEqual(['withdraw', []]);
  });

  it('says who could answer as the gate signed it, and what each channel was told', async () => {
    const row = await world.ask(1, { ask: { couldAnswer: ['bob', 'carol'] } });
    const told = { nonce: row.nonce, channel: 'slack', state: 'told' as const, attempts: 1, place: 'x', problem: null };
    const at = world.clock.at;
    const notice = { ...told, nextAt: at, toldAt: at, remindedAt: null };
    await world.store.takeNotice({ ...notice, state: 'new', attempts: 0, place: null, toldAt: null }, at);
    await world.store.saveNotice(notice);
    const answer = await world.call('GET', `/v1/approvals/${row.nonce}`, { key });
    expect(answer.body['couldAnswer']).toEqual(['bob', 'carol']);
    expect(answer.body['told']).toEqual([{ channel: 'slack', at, remindedAt: null, problem: null, moments: [] }]);
  });

  it('that is none is not found, and a malformed nonce is refused', async () => {
    expect((await world.call('GET', `/v1/approvals/${nonceOf(7)}`, { key })).status).toBe(404);
    expect((await world.call('GET', '/v1/approvals/7', { key })).status).toBe(400);
  });

  it('whose record was tampered with is refused', async () => {
    const row = await world.ask(1, { signedBy: await newKeys(world.folder) });
    expect((await world.call('GET', `/v1/approvals/${row.nonce}`, { key })).body['code']).toBe('signature-invalid');
  });
});
