/** Listing, showing and cancelling runs through the API. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DenialBody } from '../../../core/contracts/decision.ts';
import { digestJson } from '../../../core/digest.ts';
import { aDenial, linkOf, nonceOf, someTimeAt, workflowIdOf } from '../../support/signed-objects.ts';
import { canary, newKeys, startWorld, type World } from './gateway-world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await startWorld();
  key = await world.key('bob');
});
afterEach(() => world.close());

const request = { agent: 'ops', input: 'restart web' };

async function start(body: unknown = request, headers: Record<string, string> = {}, as = key) {
  return await world.call('POST', '/v1/runs', { key: as, body, headers });
}

describe('listing runs', () => {
  it('gives pages, newest first', async () => {
    for (const number of [1, 2, 3]) {
      world.clock.at += 10;
      await world.openRun(number);
    }
    const first = await world.call('GET', '/v1/runs?limit=2', { key });
    expect(first.body['runs']).toMatchObject([{ workflowId: workflowIdOf(3) }, { workflowId: workflowIdOf(2) }]);
    const next = await world.call('GET', `/v1/runs?limit=2&before=${String(first.body['nextBefore'])}`, { key });
    expect(next.body).toMatchObject({ runs: [{ workflowId: workflowIdOf(1), status: 'open' }], nextBefore: null });
  });

  it('loses none of those opened in one millisecond', async () => {
    for (const number of [1, 2, 3]) await world.openRun(number);
    const first = await world.call('GET', '/v1/runs?limit=2', { key });
    const next = await world.call('GET', `/v1/runs?limit=2&before=${String(first.body['nextBefore'])}`, { key });
    expect(first.body['runs']).toMatchObject([{ workflowId: workflowIdOf(1) }, { workflowId: workflowIdOf(2) }]);
    expect(next.body).toMatchObject({ runs: [{ workflowId: workflowIdOf(3) }], nextBefore: null });
  });

  it.each(['before=1.run', 'limit=0', 'limit=201', 'limit=x', 'before=-1', 'principal=a%20b', 'foo=1'])(
    'with %s is refused',
    async (query) => {
      expect((await world.call('GET', `/v1/runs?${query}`, { key })).status).toBe(400);
    },
  );
});

describe('showing a run', () => {
  const endedLink = { linkRunId: linkOf(1), status: 'closed' as const, cancelRequested: false };
  const url = `/v1/runs/${workflowIdOf(1)}`;
  const live = {
    workflowId: workflowIdOf(1),
    agent: 'ops',
    state: 'working' as const,
    turn: 1,
    link: 0,
    hold: null,
    approvals: [],
    calls: [],
    counters: { calls: 0, links: 0, inputTokens: 0, outputTokens: 0 },
    rejectedVotes: 0,
  };

  it('adds its own word while a worker answers', async () => {
    await world.openRun(1);
    world.door.live = live;
    expect(await world.call('GET', url, { key })).toMatchObject({
      status: 200,
      body: { run: { workflowId: workflowIdOf(1), principal: 'ann' }, engine: 'running', live },
    });
  });

  it('falls back to the row while none answers, or the server is away', async () => {
    await world.openRun(1);
    expect((await world.call('GET', url, { key })).body).toMatchObject({ engine: 'running', live: null });
    world.door.down = true;
    expect((await world.call('GET', url, { key })).body).toMatchObject({
      engine: null,
      live: null,
      run: { agent: 'ops' },
    });
  });

  it('drops a word that has another shape', async () => {
    await world.openRun(1);
    world.door.live = { ...live, secret: 'x' } as typeof live;
    expect((await world.call('GET', url, { key })).body['live']).toBeNull();
  });

  it('adds how it ended', async () => {
    await world.openRun(1);
    const result = { outcome: 'completed', text: 'Done.', turns: 2, calls: 1 };
    world.door.results.set(workflowIdOf(1), result);
    world.door.links.set(workflowIdOf(1), { linkRunId: linkOf(1), status: 'closed', cancelRequested: false });
    expect((await world.call('GET', url, { key })).body).toMatchObject({ engine: 'closed', result });
  });

  it('says what fails and is tried again: in plain words, cut, with nothing that steers a terminal', async () => {
    await world.openRun(1);
    const reason = `no\u001b[2J answer ${'x'.repeat(2000)}`;
    const failing = [{ activity: 'callModel', attempt: 7, reason, nextAttemptAt: 5000 }];
    world.door.links.set(workflowIdOf(1), { linkRunId: linkOf(1), status: 'running', cancelRequested: false, failing });
    const { body } = await world.call('GET', url, { key });
    expect(body).toMatchObject({
      engine: 'running',
      trouble: [{ activity: 'asking the model', attempt: 7, nextAttemptAt: 5000 }],
      failure: null,
    });
    const said = (body['trouble'] as { reason: string }[])[0]?.reason ?? '';
    expect(said).toContain('answer xxx');
    expect(said).not.toContain('\u001b');
    expect(said.length).toBeLessThan(600);
  });

  describe('with calls that were refused', () => {
    const place = { callKey: `${workflowIdOf(1)}/1.0`, linkRunId: linkOf(1) };
    const denial = (changes: Partial<DenialBody> = {}): DenialBody => {
      const { body } = aDenial(place);
      if (body.verdict !== 'deny') throw new TypeError('not a denial');
      return { ...body, ...changes };
    };
    const record = async (body: DenialBody, keys = world.keys): Promise<void> => {
      const decision = world.seal('decision', body, keys);
      const { callKey, pass, purpose, linkRunId } = body;
      const key = { callKey, try: body.try, purpose, pass, linkRunId };
      const nothing = { ask: null, closes: null, denial: null, admit: null };
      const digest = digestJson('decision', decision);
      await world.store.recordDecision({ key, decision, digest, turn: 1, ...nothing }, { runEpoch: 0 });
    };

    it('says which rule refused what, oldest first, with nothing that steers a terminal', async () => {
      await world.openRun(1);
      const tool = { name: 'no\u202etool', definitionDigest: null };
      await record(denial({ rules: [{ id: 'night', effect: 'deny', reason: 'not at night' }], tool }));
      const asked = { nonce: nonceOf(1), outcome: 'expired' as const };
      await record(denial({ callKey: `${workflowIdOf(1)}/1.1`, pass: 2, ...asked }));
      const { refusals } = (await world.call('GET', url, { key })).body;
      expect(refusals).toMatchObject([
        { callKey: place.callKey, rule: 'night', reason: 'not at night', outcome: null, at: someTimeAt },
        { callKey: `${workflowIdOf(1)}/1.1`, outcome: 'expired' },
      ]);
      expect(JSON.stringify(refusals)).not.toContain('\u202e');
    });

    it('says that they are not known where somebody put one there', async () => {
      await world.openRun(1);
      await record(denial(), await newKeys(world.folder));
      expect((await world.call('GET', url, { key })).body).toMatchObject({ refusals: null, engine: 'running' });
    });
  });

  it('that failed says why', async () => {
    await world.openRun(1);
    world.door.links.set(workflowIdOf(1), { ...endedLink, endedAs: 'failed' });
    world.door.failures.set(workflowIdOf(1), { code: 'model-refused', message: 'it answered 400' });
    expect((await world.call('GET', url, { key })).body).toMatchObject({
      run: { status: 'closed', outcome: 'failed' },
      result: null,
      trouble: [],
      failure: { code: 'model-refused', message: 'it answered 400' },
    });
  });

  it.each([
    ['terminated', 'terminated'],
    ['timed-out', 'timed-out'],
    [undefined, 'not-found'],
  ] as const)('that was ended from outside (%s) is ended, there and in the list', async (endedAs, outcome) => {
    await world.openRun(1);
    await world.openRun(2);
    const failing = [{ activity: 'callModel', attempt: 7, reason: 'no answer', nextAttemptAt: null }];
    if (endedAs === undefined) world.door.links.delete(workflowIdOf(1));
    else world.door.links.set(workflowIdOf(1), { ...endedLink, endedAs, failing });
    expect((await world.call('GET', url, { key })).body).toMatchObject({
      run: { status: 'closed', outcome },
      trouble: [],
    });
    const { runs } = (await world.call('GET', '/v1/runs', { key })).body as { runs: { workflowId: string }[] };
    expect(runs.find(({ workflowId }) => workflowId === workflowIdOf(1))).toMatchObject({ status: 'closed', outcome });
    expect(runs.find(({ workflowId }) => workflowId === workflowIdOf(2))).toMatchObject({ status: 'open' });
  });

  it('is listed by its row while the server is away', async () => {
    await world.openRun(1);
    world.door.down = true;
    expect((await world.call('GET', '/v1/runs', { key })).body).toMatchObject({ runs: [{ status: 'open' }] });
  });

  it('that no worker has opened is shown as starting', async () => {
    const { body } = await start();
    const answer = await world.call('GET', `/v1/runs/${String(body['workflowId'])}`, { key });
    expect(answer.body).toMatchObject({ run: { status: 'starting', openedAt: null, principal: 'bob' } });
  });

  it('that this gateway did not start is not found', async () => {
    world.door.run(workflowIdOf(9), linkOf(9));
    expect((await world.call('GET', `/v1/runs/${workflowIdOf(9)}`, { key })).status).toBe(404);
    expect((await world.call('GET', `/v1/runs/${workflowIdOf(8)}`, { key })).status).toBe(404);
    expect((await world.call('GET', '/v1/runs/anything', { key })).status).toBe(400);
  });
});

describe('a run that somebody else started with the ticket of one of ours', () => {
  it('is neither shown nor cancelled as ours', async () => {
    await start();
    const [input] = world.door.started;
    if (!input) throw new TypeError('nothing was started');
    world.door.run(workflowIdOf(9), linkOf(9));
    world.door.runInput = () => Promise.resolve(input);
    const url = `/v1/runs/${workflowIdOf(9)}`;
    expect((await world.call('GET', url, { key })).status).toBe(404);
    expect((await world.call('POST', `${url}/cancel`, { key, body: { reason: 'x' } })).status).toBe(404);
    expect(world.door.cancelled).toEqual([]);
    const own = `/v1/runs/${input.ticket.body.workflowId}`;
    expect((await world.call('GET', own, { key })).status).toBe(200);
  });
});

describe('cancelling a run', () => {
  const url = `/v1/runs/${workflowIdOf(1)}/cancel`;

  it('asks the server, with who and why', async () => {
    await world.openRun(1);
    const answer = await world.call('POST', url, { key, body: { reason: 'wrong window' } });
    expect(answer).toMatchObject({ status: 202, body: { status: 'requested' } });
    expect(world.door.cancelled).toEqual([{ workflowId: workflowIdOf(1), reason: 'bob: wrong window' }]);
  });

  it('with force ends it at the server, with who and why, and asks the run nothing', async () => {
    await world.openRun(1);
    const answer = await world.call('POST', url, { key, body: { reason: 'stuck', force: true } });
    expect(answer).toMatchObject({ status: 202, body: { status: 'terminated' } });
    expect(world.door.terminated).toEqual([{ workflowId: workflowIdOf(1), reason: 'bob: stuck' }]);
    expect(world.door.cancelled).toEqual([]);
  });

  it.each([
    ['no reason', {}, 400],
    ['an empty reason', { reason: '' }, 400],
    ['an unknown key', { reason: 'x', hard: true }, 400],
    ['another word than true for force', { reason: 'x', force: 'yes' }, 400],
    ['a secret in the reason of a forced end', { reason: canary, force: true }, 422],
    ['a secret in the reason', { reason: canary }, 422],
  ])('with %s is refused', async (_what, body, status) => {
    await world.openRun(1);
    expect((await world.call('POST', url, { key, body })).status).toBe(status);
    expect(world.door.cancelled).toEqual([]);
    expect(world.door.terminated).toEqual([]);
    expect(world.log.join('')).not.toContain(canary);
  });

  it('that is not ours is not found', async () => {
    expect((await world.call('POST', url, { key, body: { reason: 'x' } })).status).toBe(404);
  });
});
