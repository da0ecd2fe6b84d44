/** The HTTP client against a listening gateway, and against answers that no gateway gives. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Countersign } from '../../../client/gateway-client.ts';
import { type RunningGateway, startGateway } from '../../../gateway/index.ts';
import { workflowIdOf } from '../../support/signed-objects.ts';
import { startWorld, type World } from './gateway-world.ts';

describe('against a gateway', () => {
  let world: World;
  let gateway: RunningGateway;
  let client: Countersign;
  beforeEach(async () => {
    world = await startWorld();
    gateway = await startGateway(world.options);
    client = new Countersign({ url: gateway.url, apiKey: await world.key('bob') });
  });
  afterEach(async () => {
    await gateway.close();
    await world.close();
  });

  it('starts, lists, shows and cancels runs', async () => {
    const started = await client.runs.start({ agent: 'ops', input: 'restart web' }, 'once');
    expect((await client.runs.start({ agent: 'ops', input: 'restart web' }, 'once')).repeated).toBe(true);
    expect((await client.runs.get(started.workflowId)).run.principal).toBe('bob');
    await world.openRun(1);
    expect((await client.runs.list({ limit: 5 })).runs.map((run) => run.workflowId)).toEqual([workflowIdOf(1)]);
    await client.runs.cancel(started.workflowId, 'enough');
    expect(world.door.cancelled).toHaveLength(1);
  });

  it('lists, shows and answers approval requests', async () => {
    await world.ask(1);
    const { approvals } = await client.approvals.list();
    const [approval] = approvals;
    if (!approval) throw new TypeError('nothing is open');
    expect((await client.approvals.get(approval.nonce)).card).toEqual(approval.card);
    const vote = { verdict: 'approve' as const, cardDigest: approval.cardDigest, channel: 'terminal' as const };
    expect((await client.approvals.vote(approval.nonce, vote)).status).toBe('applied');
    expect((await client.approvals.vote(approval.nonce, vote)).status).toBe('duplicate');
  });

  it('answers reconcile requests', async () => {
    const row = await world.ask(1, { kind: 'reconcile', card: { kind: 'reconcile' } });
    const { cardDigest } = await client.approvals.get(row.nonce);
    const answer = { answer: 'happened' as const, cardDigest, reason: 'seen in its log' };
    expect((await client.approvals.reconcile(row.nonce, answer)).status).toBe('recorded');
  });

  it('mints, lists and revokes keys, and freezes the fleet', async () => {
    const order = { principal: 'cat', roles: [], person: true, scopes: ['runs:read' as const], expiresInMs: 60_000 };
    const { keyId, apiKey } = await client.keys.mint(order);
    if (apiKey === null) throw new TypeError('the key was made elsewhere');
    const cat = new Countersign({ url: gateway.url, apiKey });
    expect((await cat.runs.list()).runs).toEqual([]);
    await expect(cat.fleet.freeze('x')).rejects.toMatchObject({ code: 'forbidden' });
    await client.keys.revoke(keyId);
    expect((await client.keys.list()).map((key) => key.keyId)).not.toContain(keyId);
    await expect(cat.runs.list()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await client.fleet.freeze('incident')).frozen).toBe(true);
    expect((await client.fleet.thaw('over')).frozen).toBe(false);
  });

  it('turns a problem into an error with its code and its fields', async () => {
    await expect(client.runs.get(workflowIdOf(5))).rejects.toMatchObject({
      name: 'CountersignError',
      code: 'not-found',
    });
    await expect(client.runs.start({ agent: 'ops', input: '' })).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('input') as unknown,
    });
  });

  it('says that the gateway is away when it is', async () => {
    await gateway.close();
    await expect(client.runs.list()).rejects.toMatchObject({ code: 'server-unavailable' });
  });
});

describe('against answers of a test', () => {
  const busy = { type: 'x', title: 'x', status: 503, detail: 'not now', instance: 'x', code: 'store-unavailable' };

  function clientWith(answers: (() => Response)[], changes = {}) {
    const sent: Request[] = [];
    const fake = (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
      sent.push(new Request(url, init));
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return Promise.resolve(answer?.() ?? new Response(null, { status: 500 }));
    };
    const options = { url: 'http://127.0.0.1:1', apiKey: 'k', fetch: fake, ...changes };
    return { client: new Countersign(options), sent };
  }

  const refusal = (status: number, retryAfter?: string) => () =>
    new Response(JSON.stringify(busy), {
      status,
      headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    });
  const empty = () => new Response(JSON.stringify({ runs: [], nextBefore: null }));

  it('comes back after the time it was told', async () => {
    const { client, sent } = clientWith([refusal(503, '0'), refusal(429, '0'), empty]);
    expect((await client.runs.list()).runs).toEqual([]);
    expect(sent).toHaveLength(3);
  });

  it('keeps its idempotency key when it comes back', async () => {
    const { client, sent } = clientWith([refusal(503, '0'), refusal(503)]);
    await expect(client.runs.start({ agent: 'ops', input: 'x' })).rejects.toMatchObject({ code: 'store-unavailable' });
    const keys = sent.map((request) => request.headers.get('idempotency-key'));
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it.each([
    ['it was not told to', [refusal(503)], 1],
    ['the wait is too long', [refusal(503, '3600')], 1],
    ['it came back often enough', [refusal(503, '0')], 3],
  ] as const)('does not come back when %s', async (_why, answers, times) => {
    const { client, sent } = clientWith([...answers]);
    await expect(client.runs.list()).rejects.toMatchObject({ code: 'store-unavailable', message: 'not now' });
    expect(sent).toHaveLength(times);
  });

  it('never mints a key twice', async () => {
    const { client, sent } = clientWith([refusal(503, '0')]);
    const order = { principal: 'cat', roles: [], person: true, scopes: ['runs:read' as const], expiresInMs: 60_000 };
    await expect(client.keys.mint(order)).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(sent).toHaveLength(1);
  });

  it.each([
    [
      'no JSON',
      () => new Response('<html>'),
      'status 200 without JSON, expected the answer of a gateway; check the URL',
    ],
    ['another kind', () => new Response('{"runs": 1, "nextBefore": null}'), '"runs" missing or of another kind'],
    ['a key of a newer gateway', () => new Response('{"runs": [], "nextBefore": null, "more": 1}'), '"more" too many'],
    ['a key less, of an older one', () => new Response('{"runs": []}'), '"nextBefore" missing'],
    [
      'what would hide in a terminal',
      () => new Response('{"runs": [], "nextBefore": null, "\\u001b[2J": 1}'),
      'a key too',
    ],
    ['an error that is no problem', () => new Response('oops', { status: 500 }), 'status 500 without JSON'],
    [
      'an unknown code',
      () => new Response(JSON.stringify({ ...busy, code: 'odd' }), { status: 500 }),
      '"code" missing or',
    ],
  ])('believes no answer with %s, and says what differs', async (_what, answer, said) => {
    const { client } = clientWith([answer]);
    const isJson = !said.includes('without JSON');
    await expect(client.runs.list()).rejects.toMatchObject({
      code: 'server-unavailable',
      message: expect.toSatisfy(
        (message: string) => message.includes(said) && message.includes('one version') === isJson,
      ) as unknown,
    });
  });

  it('follows no redirect: it would carry the key elsewhere', async () => {
    const { client, sent } = clientWith([empty]);
    await client.runs.list();
    expect(sent[0]?.redirect).toBe('error');
  });

  it('puts ids into addresses as ids', async () => {
    const { client, sent } = clientWith([refusal(404)]);
    await expect(client.runs.get('../keys?x=')).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(new URL(sent[0]?.url ?? '').pathname).toBe('/v1/runs/..%2Fkeys%3Fx%3D');
  });

  it.each(['', 'localhost:1', 'ftp://localhost', 'file:///etc'])('refuses "%s" for an address', (url) => {
    expect(() => new Countersign({ url, apiKey: 'k' })).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });
});
