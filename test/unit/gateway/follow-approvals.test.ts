/** Following approval requests: long polls, the event stream, and going on after a break. Nothing here waits for a time to pass. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nonceOf } from '../../support/signed-objects.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let bob: string;
let url: string;
const open: AbortController[] = [];

beforeEach(async () => {
  world = await startWorld({ gateway: { watchEveryMs: 5 } });
  bob = await world.key('bob');
  url = await world.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const one of open.splice(0)) one.abort();
  await world.close();
});

async function vote(
  number: number,
  changes: Record<string, unknown> = {},
  headers: Record<string, string> = {},
  key = bob,
) {
  const body = { verdict: 'approve', cardDigest: await cardDigestOf(number), ...changes };
  return await world.call('POST', `/v1/approvals/${nonceOf(number)}/votes`, { key, body, headers });
}

async function cardDigestOf(number: number): Promise<string> {
  const row = await world.store.getAsk(nonceOf(number));
  if (row?.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  return row.ask.body.ask.cardDigest;
}

interface Frame {
  id: string;
  event: string;
  data: { kind: string; nonce: string; outcome: string | null };
}

async function stream(headers: Record<string, string> = {}, key = bob) {
  const stop = new AbortController();
  open.push(stop);
  const answer = await fetch(`${url}/v1/approvals/events`, {
    headers: { authorization: `Bearer ${key}`, ...headers },
    signal: stop.signal,
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  const next = async (): Promise<Frame> => {
    for (;;) {
      const end = buffer.indexOf('\n\n');
      if (end < 0) {
        const read = await reader?.read();
        if (!read || read.done) throw new Error('the stream ended');
        buffer += read.value;
        continue;
      }
      const text = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      const fields = new Map(
        text.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
      );
      const id = fields.get('id');
      if (id === undefined) continue;
      return { id, event: fields.get('event') ?? '', data: JSON.parse(fields.get('data') ?? '') as Frame['data'] };
    }
  };
  return { answer, next, stop: () => stop.abort() };
}

describe('the event stream', () => {
  it('says what is asked and voted, with ids, in order', async () => {
    const following = await stream();
    expect(following.answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(following.answer.headers.get('cache-control')).toBe('no-store');
    await world.ask(1);
    expect(await following.next()).toMatchObject({ event: 'approval-requested', data: { nonce: nonceOf(1) } });
    await vote(1);
    const voted = await following.next();
    expect(voted).toMatchObject({ event: 'approval-voted', data: { kind: 'voted', nonce: nonceOf(1) } });
  });

  it('goes on after Last-Event-ID with what was missed, in whatever gateway', async () => {
    const first = await stream();
    await world.ask(1);
    const { id } = await first.next();
    first.stop();
    await world.ask(2);
    const again = await stream({ 'last-event-id': id });
    const seen = [await again.next(), await again.next()].map(({ data }) => data.nonce);
    expect(seen).toEqual([nonceOf(1), nonceOf(2)]);
  });

  it('a change that was written late with an older time is still told', async () => {
    await world.ask(1);
    const following = await stream();
    await following.next();
    const voted = await vote(1);
    world.clock.at += 5000;
    await following.next();
    await world.ask(2);
    expect(await following.next()).toMatchObject({ data: { kind: 'requested', nonce: nonceOf(2) } });
    expect(voted.status).toBe(200);
  });

  it.each(['x', '1-z-0123456789abcdef', '-1', '9'.repeat(30)])('refuses %j as an id', async (id) => {
    const { answer } = await stream({ 'last-event-id': id });
    expect(answer.status).toBe(400);
  });

  it('needs a key that may read approvals, and gives one key ten streams', async () => {
    const other = await world.key('eve', { scopes: ['runs:read'] });
    expect((await stream({}, other)).answer.status).toBe(403);
    for (let count = 0; count < 10; count += 1) expect((await stream()).answer.status).toBe(200);
    expect((await stream()).answer.status).toBe(429);
    const carol = await world.key('carol');
    expect((await stream({}, carol)).answer.status).toBe(200);
  });

  it('a stream that the client left is no longer counted, and a HEAD opens none', async () => {
    const headers = { authorization: `Bearer ${bob}` };
    for (let count = 0; count < 12; count += 1) {
      const head = await world.app.inject({ method: 'HEAD', url: '/v1/approvals/events', headers });
      expect(head.statusCode).not.toBe(429);
    }
    for (let count = 0; count < 10; count += 1) (await stream()).stop();
    await expect.poll(async () => (await stream()).answer.status).toBe(200);
  });

  it('a gateway that is told to stop ends its streams', async () => {
    const following = await stream();
    const ended = following.next().catch(() => 'ended');
    await world.app.close();
    expect(await ended).toBe('ended');
  });
});

describe('a long poll', () => {
  async function list(query: string) {
    const answer = await world.call('GET', `/v1/approvals?${query}`, { key: bob });
    expect(answer.status).toBe(200);
    return answer.body as { approvals: { nonce: string; votes: unknown[] }[]; version: string };
  }

  it('is answered at once where the caller has another version', async () => {
    await world.ask(1);
    const { version } = await list('waitMs=25000');
    expect(await list(`waitMs=25000&version=${'0'.repeat(32)}`)).toMatchObject({ version });
  });

  it('is answered when a request comes, and when somebody votes', async () => {
    const empty = await list('');
    const coming = list(`waitMs=25000&version=${empty.version}`);
    await world.ask(1);
    const one = await coming;
    expect(one.approvals).toMatchObject([{ nonce: nonceOf(1), votes: [] }]);
    const changing = list(`waitMs=25000&version=${one.version}`);
    await vote(1);
    const changed = await changing;
    expect(changed.approvals).toMatchObject([{ votes: [{ principal: 'bob' }] }]);
    // The same version would mean that the wait was over, and nobody had been told of the vote.
    expect(changed.version).not.toBe(one.version);
  });

  it('waits over a real connection too, until something happens', async () => {
    const { version } = await list('');
    const headers = { authorization: `Bearer ${bob}` };
    const coming = fetch(`${url}/v1/approvals?waitMs=25000&version=${version}`, { headers });
    await world.ask(1);
    const answered = (await (await coming).json()) as { approvals: unknown[]; version: string };
    expect(answered.approvals).toHaveLength(1);
    expect(answered.version).not.toBe(version);
  });

  it('is answered with the same list when the wait is over', async () => {
    const { version } = await list('');
    expect((await list(`waitMs=1&version=${version}`)).version).toBe(version);
  });

  it('filters by tool, agent, risk and whether the caller may answer', async () => {
    await world.ask(1, { card: { risk: 'critical' } });
    await world.ask(2, { card: { agent: 'other' } });
    await world.ask(3, { ticket: { principal: 'bob' }, card: { requester: 'bob' } });
    const nonces = async (query: string) => (await list(query)).approvals.map(({ nonce }) => nonce).toSorted();
    expect(await nonces('risk=critical')).toEqual([nonceOf(1)]);
    expect(await nonces('agent=other')).toEqual([nonceOf(2)]);
    expect(await nonces('tool=nothing')).toEqual([]);
    expect(await nonces('mayAnswer=true')).toEqual([nonceOf(1), nonceOf(2)]);
    expect(await nonces('state=all&mayAnswer=true&risk=critical')).toEqual([nonceOf(1)]);
  });
});

describe('a vote with its conditions', () => {
  beforeEach(() => world.ask(1));

  it('If-Match names the card instead of the body', async () => {
    const shown = await world.call('GET', `/v1/approvals/${nonceOf(1)}`, { key: bob });
    const etag = String(shown.headers['etag']);
    expect(etag).toBe(`"${await cardDigestOf(1)}"`);
    expect(await vote(1, { cardDigest: undefined }, { 'if-match': etag })).toMatchObject({ status: 200 });
  });

  it('a stale card is a conflict, and nothing is stored', async () => {
    const stale = `"sha256:${'0'.repeat(64)}"`;
    const answer = await vote(1, { cardDigest: undefined }, { 'if-match': stale });
    expect(answer).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(await world.store.votesByNonce(nonceOf(1))).toEqual([]);
  });

  it.each([
    [{ cardDigest: undefined }, {}],
    [{}, { 'if-match': `"sha256:${'0'.repeat(64)}"` }],
    [{}, { 'if-match': '*' }],
  ])('no card, or two, is no vote', async (body, headers) => {
    expect((await vote(1, body, headers)).status).toBe(400);
    expect(await world.store.votesByNonce(nonceOf(1))).toEqual([]);
  });

  it('a repeated request is answered as the first, and signs nothing more', async () => {
    const headers = { 'idempotency-key': 'click-1' };
    const first = await vote(1, {}, headers);
    const again = await vote(1, {}, headers);
    expect(again.body).toEqual({ ...first.body, repeated: true });
    expect(world.door.signals).toHaveLength(1);
  });

  it('the same key with another vote is a conflict, without one it is a duplicate', async () => {
    await vote(1, {}, { 'idempotency-key': 'click-1' });
    expect((await vote(1, { verdict: 'deny' }, { 'idempotency-key': 'click-1' })).status).toBe(409);
    expect((await vote(1)).body).toMatchObject({ status: 'duplicate' });
    expect((await vote(1, {}, { 'idempotency-key': 'click-2' })).body).toMatchObject({ status: 'duplicate' });
  });

  it.each([{ reason: 'too late' }, { reason: 'too risky', stop: true }, {}])(
    'the same key with a denial that says something else is a conflict: %j',
    async (other) => {
      const headers = { 'idempotency-key': 'click-1' };
      expect((await vote(1, { verdict: 'deny', reason: 'too risky' }, headers)).status).toBe(200);
      expect((await vote(1, { verdict: 'deny', ...other }, headers)).status).toBe(409);
    },
  );

  it('another person’s key of the same words is another key', async () => {
    const headers = { 'idempotency-key': 'click-1' };
    await vote(1, {}, headers);
    const carol = await world.key('carol');
    expect((await vote(1, {}, headers, carol)).body).not.toHaveProperty('repeated');
  });
});
