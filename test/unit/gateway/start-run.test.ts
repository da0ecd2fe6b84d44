/** Starting runs through the API. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SignedTicket, signedTicketSchema } from '../../../core/contracts/ticket.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import { openEnvelope } from '../../../core/envelope.ts';
import { activatePack } from '../../../gateway/index.ts';
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

  it('names in the ticket everybody behind the key: who made it, and who made the key that it was made with', async () => {
    const ownersIn = () => (world.door.started.at(-1)?.ticket as SignedTicket | undefined)?.body.owners;
    await start();
    expect(ownersIn()).toBeUndefined();
    const root = await world.key('root', { mintedBy: 'root' });
    const eve = await world.key('eve', { mintedBy: 'root', mintedWith: root.slice(3, 15) });
    const robot = { person: false, mintedBy: 'eve', mintedWith: eve.slice(3, 15) };
    await start(request, {}, await world.key('robot', robot));
    expect(ownersIn()).toEqual(['eve', 'root']);
  });

  it('ends that chain at a secret that a person made: who enrolled them stands behind nothing of theirs', async () => {
    const ownersIn = () => (world.door.started.at(-1)?.ticket as SignedTicket | undefined)?.body.owners;
    const root = await world.key('root', { mintedBy: 'root' });
    const eve = await world.key('eve', { mintedBy: 'root', mintedWith: root.slice(3, 15), madeByBearer: true });
    await start(request, {}, eve);
    expect(ownersIn()).toBeUndefined();
    await start(
      request,
      {},
      await world.key('robot', { person: false, mintedBy: 'eve', mintedWith: eve.slice(3, 15) }),
    );
    expect(ownersIn()).toEqual(['eve']);
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

  it('with an unknown key names the key to whoever sent it, and not in the log', async () => {
    const answer = await start({ ...request, [canary]: 1 });
    expect(answer.status).toBe(400);
    expect(answer.body['detail']).toContain(
      `"${canary}" is not known, expected one of agent, input, onBehalfOf, dryRun`,
    );
    expect(world.log.join('')).not.toContain(canary);
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
