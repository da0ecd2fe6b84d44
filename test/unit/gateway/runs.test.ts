/** Starting, listing, showing and cancelling runs through the API. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signedTicketSchema } from '../../../core/contracts/ticket.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { openEnvelope } from '../../../core/envelope.ts';
import { activatePack } from '../../../gateway/index.ts';
import { linkOf, workflowIdOf } from '../../support/signed-objects.ts';
import { audience, canary, newKeys, packToActivate, startWorld, type World } from './gateway-world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await startWorld();
  key = await world.key('bob');
});
afterEach(() => world.close());

const request = { agent: 'ops', input: 'restart web' };
const aFinding = { guard: 'secrets', rule: 'canary', severity: 'high' as const, message: 'a canary' };

async function start(body: unknown = request, headers: Record<string, string> = {}, as = key) {
  return await world.call('POST', '/v1/runs', { key: as, body, headers });
}

describe('starting a run', () => {
  it('sends a ticket signed for exactly this run and input', async () => {
    const answer = await start({ ...request, onBehalfOf: 'dan', dryRun: true });
    expect(answer.status).toBe(201);
    const [input] = world.door.started;
    expect(input).toMatchObject({ input: 'restart web', flow: null });
    const ticket = openEnvelope(input?.ticket, {
      schema: signedTicketSchema,
      audience,
      registry: world.keys.registry,
      now: world.clock.at,
    });
    if (ticket.kind === 'rejected') throw new TypeError(ticket.failure);
    expect(ticket.signed.expiresAt).toBe(world.clock.at + 600_000);
    expect(ticket.signed.body).toMatchObject({
      namespace: 'default',
      workflowId: answer.body['workflowId'],
      root: answer.body['workflowId'],
      principal: 'bob',
      roles: ['operator'],
      onBehalfOf: 'dan',
      agent: 'ops',
      environment: 'test',
      packDigest: world.packDigest,
      policyDigest: world.policyDigest,
      inputDigest: digestText('input', 'restart web'),
      inputLabels: ['operator'],
      dryRun: true,
      parent: null,
      depth: 0,
    });
  });

  it('pins the pack that is active at that moment', async () => {
    const newer = packToActivate({ instructions: 'Do less.' });
    await activatePack(world.options, newer, 'ann');
    await start();
    expect(world.door.started[0]?.ticket.body.packDigest).toBe(newer.packDigest);
  });

  it('believes no activation that the control key did not sign', async () => {
    const foreign = { ...world.options, keys: await newKeys(world.folder) };
    await activatePack(foreign, packToActivate({ instructions: 'Do more.' }), 'eve');
    await start();
    expect(world.door.started[0]?.ticket.body.packDigest).toBe(world.packDigest);
  });

  it('of an agent without an active pack is not found', async () => {
    expect(await start({ ...request, agent: 'nobody' })).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(world.door.started).toEqual([]);
  });

  it.each([
    ['in the input', { input: `use ${canary} for it` }],
    ['for whom it is', { onBehalfOf: canary }],
  ])('with a secret %s is refused, and the secret is nowhere', async (_where, changes) => {
    const answer = await start({ ...request, ...changes });
    expect(answer).toMatchObject({ status: 422, body: { code: 'input-refused', findings: [{ rule: 'canary' }] } });
    expect(answer.text).not.toContain(canary);
    expect(world.log.join('')).not.toContain(canary);
    expect(world.door.started).toEqual([]);
  });

  it('with a thousand secrets says so in an answer of bounded length', async () => {
    const many = await startWorld({
      gateway: { scan: () => Promise.resolve(Array.from({ length: 1000 }, () => aFinding)) },
    });
    const answer = await many.call('POST', '/v1/runs', { key: await many.key('bob'), body: request });
    await many.close();
    expect(answer).toMatchObject({ status: 422, body: { code: 'input-refused' } });
    expect(answer.body['findings']).toHaveLength(20);
  });

  it('with a guard that fails is refused: nothing unscanned is sent', async () => {
    const broken = await startWorld({ gateway: { scan: () => Promise.reject(new Error(`broken by ${canary}`)) } });
    const answer = await broken.call('POST', '/v1/runs', { key: await broken.key('bob'), body: request });
    await broken.close();
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal-fault' } });
    expect(broken.door.started).toEqual([]);
    expect(`${answer.text}${broken.log.join('')}`).not.toContain(canary);
  });

  it('while the server is away says so and when to come back', async () => {
    world.door.down = true;
    expect(await start()).toMatchObject({
      status: 503,
      body: { code: 'server-unavailable' },
      headers: { 'retry-after': '1' },
    });
  });

  it.each([
    ['no agent', { input: 'x' }],
    ['no input', { agent: 'ops' }],
    ['an empty input', { agent: 'ops', input: '' }],
    ['an unknown key', { ...request, principal: 'ann' }],
    ['a malformed agent', { ...request, agent: '../ops' }],
    ['a malformed principal', { ...request, onBehalfOf: 'a b' }],
    ['a number for a text', { ...request, input: 7 }],
    ['a list', []],
  ])('with %s is refused', async (_what, body) => {
    expect(await start(body)).toMatchObject({
      status: 400,
      body: { code: 'input-invalid', type: '/docs/errors/input-invalid' },
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(world.door.started).toEqual([]);
  });

  it('with a body that does not parse is refused without repeating it', async () => {
    const answer = await start(`{"agent": "ops", "input": ${canary}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'input-invalid' } });
    expect(answer.text).not.toContain(canary);
    expect(world.log.join('')).not.toContain(canary);
  });

  it('with an unknown key does not repeat the key', async () => {
    const answer = await start({ ...request, [canary]: 1 });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(canary);
  });

  it('with another media type is refused', async () => {
    const answer = await start('agent=ops', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer).toMatchObject({ status: 415, body: { status: 415, code: 'input-invalid' } });
  });

  it('with too large a body is refused', async () => {
    const answer = await start({ ...request, input: 'x'.repeat(1024 * 1024) });
    expect(answer).toMatchObject({ status: 413, body: { status: 413, code: 'input-invalid' } });
  });
});

describe('an idempotency key', () => {
  const headers = { 'idempotency-key': 'deploy-7' };

  it('meets the same run again, before and after a worker opened it', async () => {
    const first = await start(request, headers);
    const again = await start(request, headers);
    expect(again).toMatchObject({ status: 200, body: { workflowId: first.body['workflowId'], repeated: true } });
    const ticket = world.door.started[0]?.ticket;
    if (!ticket) throw new TypeError('nothing was started');
    const linkRunId = String(first.body['linkRunId']);
    const ticketDigest = digestJson('ticket', ticket);
    await world.store.claimTicket({ ticket, ticketDigest, linkRunId, now: world.clock.at });
    world.door.down = true;
    expect(await start(request, headers)).toMatchObject({ status: 200, body: { linkRunId, repeated: true } });
    expect(world.door.started).toHaveLength(1);
  });

  it('meets the run that a request at the same time started', async () => {
    const answers = await Promise.all([start(request, headers), start(request, headers), start(request, headers)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body['workflowId'])).size).toBe(1);
    expect(world.door.started).toHaveLength(1);
  });

  it('starts the same run after the active pack changed', async () => {
    await start(request, headers);
    await activatePack(world.options, packToActivate({ instructions: 'Do less.' }), 'ann');
    expect((await start(request, headers)).status).toBe(200);
    expect(world.door.started).toHaveLength(1);
  });

  it.each([
    ['another input', { ...request, input: 'restart db' }],
    ['somebody else to act for', { ...request, onBehalfOf: 'dan' }],
    ['a dry run', { ...request, dryRun: true }],
  ])('with %s is a conflict', async (_what, body) => {
    await start(request, headers);
    expect(await start(body, headers)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(world.door.started).toHaveLength(1);
  });

  it('of somebody else starts another run', async () => {
    const first = await start(request, headers);
    const other = await start(request, headers, await world.key('cat'));
    expect(other.status).toBe(201);
    expect(other.body['workflowId']).not.toBe(first.body['workflowId']);
  });

  it('does not meet a run that somebody started under its id without our ticket', async () => {
    const first = await start(request, headers);
    const forged = await newKeys(world.folder);
    const input = world.door.started[0];
    if (!input) throw new TypeError('nothing was started');
    input.ticket = world.seal('ticket', input.ticket.body, forged);
    expect(await start(request, headers)).toMatchObject({ status: 409 });
    expect(first.status).toBe(201);
  });

  it.each(['', 'a b', 'x'.repeat(201), 'ä'])('of another form ("%s") is refused', async (value) => {
    expect((await start(request, { 'idempotency-key': value })).status).toBe(400);
  });
});

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

  it.each(['limit=0', 'limit=201', 'limit=x', 'before=-1', 'principal=a%20b', 'foo=1'])(
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

  it.each([
    ['no reason', {}, 400],
    ['an empty reason', { reason: '' }, 400],
    ['an unknown key', { reason: 'x', force: true }, 400],
    ['a secret in the reason', { reason: canary }, 422],
  ])('with %s is refused', async (_what, body, status) => {
    await world.openRun(1);
    expect((await world.call('POST', url, { key, body })).status).toBe(status);
    expect(world.door.cancelled).toEqual([]);
    expect(world.log.join('')).not.toContain(canary);
  });

  it('that is not ours is not found', async () => {
    expect((await world.call('POST', url, { key, body: { reason: 'x' } })).status).toBe(404);
  });
});
