/** Bodies and queries that were made to be misread, to reach a prototype, or to keep the gateway busy. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AskRow } from '../../../store/store.ts';
import { canary, startWorld, type World } from './gateway-world.ts';

let world: World;
let ask: AskRow;
let bob: string;
let cardDigest: string;
beforeEach(async () => {
  world = await startWorld();
  ask = await world.ask(1);
  bob = await world.key('bob');
  if (ask.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  ({ cardDigest } = ask.ask.body.ask);
});
afterEach(() => world.close());

async function send(payload: string | Buffer, contentType: string | null = 'application/json') {
  const headers = { authorization: `Bearer ${bob}`, ...(contentType === null ? {} : { 'content-type': contentType }) };
  const answer = await world.app.inject({ method: 'POST', url: `/v1/approvals/${ask.nonce}/votes`, headers, payload });
  return { status: answer.statusCode, text: answer.payload, type: answer.headers['content-type'] };
}

async function expectNothingHappened(): Promise<void> {
  expect(await world.store.votesByNonce(ask.nonce)).toEqual([]);
  expect(world.door.signals).toEqual([]);
}

/** A vote that would count, with something in front. */
const vote = (front = '', verdict = '"verdict":"approve"') => `{${front}${verdict},"cardDigest":"${cardDigest}"}`;

describe('a body', () => {
  it('that is as it should be counts, which shows that the others failed for what was done to them', async () => {
    expect((await send(vote())).status).toBe(200);
    expect(await world.store.votesByNonce(ask.nonce)).toHaveLength(1);
  });

  it.each([
    ['that says deny and approve', () => vote('"verdict":"deny",')],
    ['that says both, once in escapes', () => vote('"\\u0076erdict":"deny",')],
    ['with __proto__', () => vote('"__proto__":{"person":true},')],
    ['with __proto__ in escapes', () => vote('"\\u005f_proto__":{"person":true},')],
    ['with constructor', () => vote('"constructor":{"prototype":{"person":true}},')],
    ['with a number beyond what every reader reads alike', () => vote('"castAt":9007199254740993,')],
    ['with a lone surrogate', () => vote('"reason":"\\ud800",')],
    ['nested deeper than any request is', () => vote(`"x":${'['.repeat(65)}${']'.repeat(65)},`)],
    ['nested so deep that a parser could fall', () => '['.repeat(60_000)],
    ['of more values than any request has', () => vote(`"x":[${'0,'.repeat(1000)}0],`)],
    ['of two documents', () => `${vote()}${vote()}`],
    ['with a comment', () => vote('/* deny */')],
    ['with a comma too many', () => vote(',')],
    ['with a byte order mark', () => `\ufeff${vote()}`],
    ['in UTF-16', () => Buffer.from(vote(), 'utf16le')],
    ['that is not UTF-8', () => Buffer.from(vote('"reason":"\u00ff",'), 'latin1')],
    ['that is empty', () => ''],
    ['that is null', () => 'null'],
    ['that is a text', () => JSON.stringify(vote())],
  ])('%s is refused', async (_what, make) => {
    expect(await send(make())).toMatchObject({ status: 400, type: 'application/problem+json' });
    await expectNothingHappened();
  });

  it('is refused for the number of its values before it is parsed', async () => {
    for (const many of [
      `[${'[],'.repeat(1001)}`,
      `{"a":"\\"","b":[${'0,'.repeat(1001)}0]}`,
      `[${'{},'.repeat(501)}0]`,
    ]) {
      expect((await send(many)).text).toContain('more than 1000 values');
    }
  });

  it('may have as many commas in its texts as it likes', async () => {
    expect((await send(vote(`"reason":"${',[{'.repeat(400)}\\"${','.repeat(300)}",`))).status).toBe(200);
  });

  it('reaches no prototype', async () => {
    await send(vote('"__proto__":{"polluted":1},'));
    await world.call('GET', '/v1/runs?__proto__=polluted&constructor.prototype.polluted=1', { key: bob });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });

  it('that is refused is repeated neither to the caller nor to the log', async () => {
    for (const body of [
      vote(`"${canary}":1,"${canary}":1,`),
      `{"verdict": ${canary}`,
      vote(`"__proto__":"${canary}",`),
    ]) {
      expect((await send(body)).text).not.toContain(canary);
    }
    expect(world.log.join('')).not.toContain(canary);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json5',
    'application/problem+json',
    'text/json',
    null,
  ])('of the media type %s is refused', async (type) => {
    expect((await send(vote(), type)).status).toBe(415);
    await expectNothingHappened();
  });

  it('of JSON with its character set named is taken', async () => {
    expect((await send(vote(), 'application/json; charset=utf-8')).status).toBe(200);
  });
});

describe('a long body', () => {
  const long = 'ä'.repeat(200_000);

  it('is taken where a run is started', async () => {
    const answer = await world.call('POST', '/v1/runs', { key: bob, body: { agent: 'ops', input: long } });
    expect(answer.status).toBe(201);
    expect(world.door.started[0]?.input).toBe(long);
  });

  it('of a character more is refused there', async () => {
    const body = { agent: 'ops', input: `${long}ä` };
    expect((await world.call('POST', '/v1/runs', { key: bob, body })).status).toBe(400);
    expect(world.door.started).toEqual([]);
  });

  it('is refused everywhere else', async () => {
    expect((await send(vote(`"reason":"${'x'.repeat(65_536)}",`))).status).toBe(413);
    await expectNothingHappened();
  });
});

describe('a query', () => {
  it.each([
    '__proto__=1',
    'constructor=1',
    'limit=1&limit=2',
    'limit=',
    'limit=1e2',
    'limit=0x10',
    'limit=%2010',
    'limit=10.0',
    'before=',
    'before=9007199254740993',
    'limit[]=1',
  ])('with %s is refused', async (query) => {
    expect((await world.call('GET', `/v1/runs?${query}`, { key: bob })).status).toBe(400);
  });
});
