/** Deliveries of answers by webhook as an attacker would bend, replay or flood them, and the keys that sign them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSigningKey } from '../../../gateway/make-key.ts';
import type { AskRow } from '../../../store/store.ts';
import { anyDigest } from '../../support/signed-objects.ts';
import { startWorld, type World } from './gateway-world.ts';
import {
  deliver,
  delivery,
  door,
  enrolSigner,
  saidBy,
  type SigningParty,
  answerOf as systemAnswer,
  startAnswers,
  votesFor,
} from './webhook-sender.ts';

let world: World;
let admin: string;
let scanner: SigningParty;
let bob: SigningParty;
let ask: AskRow;
beforeEach(async () => {
  ({ world, admin, scanner, bob, ask } = await startAnswers());
});
afterEach(() => world.close());

const votes = async (row = ask) => await votesFor(world, row);
const answerOf = (verdict: string, more: Record<string, unknown> = {}, row = ask, sender = scanner) =>
  systemAnswer(world, sender, row, verdict, more);

function answerBy(person: SigningParty, verdict = 'approve', more: Record<string, unknown> = {}, row = ask) {
  const answer = answerOf(verdict, more, row);
  return { ...answer, person: saidBy(person, answer.data) };
}

describe('a delivery', () => {
  const bent: [string, (sent: ReturnType<typeof delivery>) => { headers?: Record<string, string>; body?: string }][] = [
    ['with another body', ({ body }) => ({ body: body.replace('deny', 'deny ') })],
    ['under another id', () => ({ headers: { 'webhook-id': 'msg_another' } })],
    [
      'at another time',
      ({ headers }) => ({ headers: { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) } }),
    ],
    ['by the key of another sender', () => ({ headers: { 'countersign-key': bob.keyId } })],
    ['by a key that is none', () => ({ headers: { 'countersign-key': 'k00000000000' } })],
    ['with a symmetric signature', () => ({ headers: { 'webhook-signature': `v1,${'A'.repeat(86)}==` } })],
    ['without a signature', () => ({ headers: { 'webhook-signature': '' } })],
    [
      'with more signatures than are tried',
      ({ headers }) => ({
        headers: {
          'webhook-signature': `${`v1a,${'A'.repeat(86)}== `.repeat(5)}${headers['webhook-signature'] ?? ''}`,
        },
      }),
    ],
  ];
  it.each(bent)('that was stolen and sent %s is refused', async (_name, bend) => {
    const sent = delivery(world, scanner, answerOf('deny'));
    const { headers = {}, body = sent.body } = bend(sent);
    const answer = await deliver(world, { headers: { ...sent.headers, ...headers }, body });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await votes()).toEqual([]);
  });

  it('counts with the signature of an old and a new key side by side', async () => {
    const sent = delivery(world, scanner, answerOf('deny'));
    const both = `v1a,${'A'.repeat(86)}== ${sent.headers['webhook-signature'] ?? ''}`;
    expect((await deliver(world, { ...sent, headers: { ...sent.headers, 'webhook-signature': both } })).status).toBe(
      200,
    );
  });

  it.each([
    [-300_001, 401],
    [-300_000, 200],
    [300_000, 200],
    [301_000, 401],
  ])('signed %i ms from now comes to %i', async (ms, status) => {
    world.clock.at = Math.floor(world.clock.at / 1000) * 1000;
    const sent = delivery(world, scanner, answerOf('deny'), { at: world.clock.at + ms });
    expect((await deliver(world, sent)).status).toBe(status);
  });

  it('that came before is refused, and repeated in a new signature it is answered as the first', async () => {
    const sent = delivery(world, scanner, answerOf('deny'), { id: 'msg_1' });
    await deliver(world, sent);
    expect(await deliver(world, sent)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    world.clock.at += 1000;
    const again = delivery(world, scanner, answerOf('deny'), { id: 'msg_1' });
    expect(await deliver(world, again)).toMatchObject({ status: 200, body: { repeated: true } });
    expect(await votes()).toHaveLength(1);
  });

  it('under the id of another answer is a conflict', async () => {
    await deliver(world, delivery(world, scanner, answerOf('deny', { reason: 'one' }), { id: 'msg_1' }));
    const other = delivery(world, scanner, answerOf('deny', { reason: 'two' }), { id: 'msg_1' });
    expect((await deliver(world, other)).status).toBe(409);
    expect(await votes()).toHaveLength(1);
  });

  it('with a statement of more than five minutes ago, or of the future, is refused', async () => {
    for (const ms of [-300_001, 300_001]) {
      const sent = delivery(world, scanner, answerBy(bob, 'approve', { answeredAt: world.clock.at + ms }));
      expect((await deliver(world, sent)).status).toBe(400);
    }
    expect(await votes()).toEqual([]);
  });

  it.each<[string, () => Record<string, unknown>, number]>([
    ['the nonce of another ask', () => ({ nonce: other.nonce }), 409],
    ['the digest of another ask', () => ({ askDigest: other.askDigest }), 409],
    ['the digest of another card', () => ({ cardDigest: anyDigest('card') }), 409],
    ['a nonce of none', () => ({ nonce: '00000000-0000-4000-8000-000000000000' }), 404],
    ['the name of another sender', () => ({ sender: bob.keyId }), 400],
    ['a verdict that is neither', () => ({ verdict: 'withdraw' }), 400],
    ['more than it knows', () => ({ principal: 'ann' }), 400],
  ])('with %s is refused', async (_name, more, status) => {
    other = await world.ask(2);
    for (const verdict of ['deny', 'approve']) {
      const answer = verdict === 'deny' ? answerOf(verdict, more()) : answerBy(bob, verdict, more());
      expect((await deliver(world, delivery(world, scanner, answer))).status).toBe(status);
    }
    expect([...(await votes()), ...(await votes(other))]).toEqual([]);
  });
  let other: AskRow;

  it('of another shape is told what is wrong once, and what to do once', async () => {
    const answer = answerOf('deny', { verdict: 'withdraw' });
    const { body } = await deliver(world, delivery(world, scanner, answer));
    expect(body['detail']).toBe(
      'Cannot take this webhook: "data.verdict" is a text of 8 characters, expected one of approve, deny; correct it',
    );
  });

  it('that says two things to two readers is refused', async () => {
    const body = JSON.stringify(answerOf('deny'));
    for (const twice of [
      body.replace('"verdict":"deny"', '"verdict":"deny","verdict":"approve"'),
      body.replace('"verdict"', '"v\\u0065rdict":"approve","verdict"'),
      body.replace('{', '{"__proto__":{},'),
    ]) {
      expect((await deliver(world, delivery(world, scanner, twice))).status).toBe(400);
    }
    expect(await votes()).toEqual([]);
  });

  it('that is huge is not even looked at', async () => {
    const huge = delivery(world, scanner, answerOf('deny', { reason: 'x'.repeat(17_000) }));
    expect((await deliver(world, huge)).status).toBe(413);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded'])('as %s is refused', async (type) => {
    const { headers, body } = delivery(world, scanner, answerOf('deny'));
    const answer = await world.app.inject({
      method: 'POST',
      url: door,
      headers: { ...headers, 'content-type': type },
      payload: body,
    });
    expect(answer.statusCode).toBe(415);
    expect(await votes()).toEqual([]);
  });
});

describe('a signing key', () => {
  it('stops counting as soon as it is revoked: the sender’s, and the person’s', async () => {
    await revoke(bob);
    expect((await deliver(world, delivery(world, scanner, answerBy(bob)))).status).toBe(401);
    await revoke(scanner);
    expect((await deliver(world, delivery(world, scanner, answerOf('deny')))).status).toBe(401);
    expect(await votes()).toEqual([]);
  });

  it('falls with the key that it was enrolled with', async () => {
    const answer = await world.call('DELETE', `/v1/keys/${admin.slice(3, 15)}?withMade=true`, {
      key: await world.key('ann'),
    });
    expect(answer.status).toBe(204);
    expect((await deliver(world, delivery(world, scanner, answerOf('deny')))).status).toBe(401);
  });

  it('ends at its time', async () => {
    const short = await enrolSigner(world, admin, 'short', { expiresInMs: 60_000 });
    world.clock.at += 60_000;
    expect((await deliver(world, delivery(world, short, answerOf('deny', {}, ask, short)))).status).toBe(401);
  });

  it('is enrolled with a proof of its private half, for nothing but votes, and once', async () => {
    const { keyId, publicKey, proof } = makeSigningKey();
    const enrol = async (changes: object) => {
      const order = { principal: 'eve', roles: [], person: true, scopes: ['approvals:vote'], expiresInMs: 3_600_000 };
      const body = { ...order, own: { keyId, publicKey, proof }, ...changes };
      return (await world.call('POST', '/v1/keys', { key: admin, body })).status;
    };
    const { publicKey: others } = makeSigningKey();
    expect(await enrol({ own: { keyId, publicKey: others, proof } })).toBe(400);
    expect(await enrol({ scopes: ['approvals:vote', 'control:write'] })).toBe(400);
    expect(await enrol({})).toBe(201);
    expect(await enrol({})).toBe(409);
  });

  it('is listed with who enrolled it and when it was used', async () => {
    await deliver(world, delivery(world, scanner, answerOf('deny')));
    const { keys } = (await world.call('GET', '/v1/keys', { key: admin })).body as { keys: { keyId: string }[] };
    expect(keys.find(({ keyId }) => keyId === scanner.keyId)).toMatchObject({
      principal: 'scanner',
      person: false,
      mintedBy: 'root',
      publicKey: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as unknown,
      lastUsedAt: world.clock.at,
    });
  });
});

describe('a refused delivery', () => {
  it('is recorded: with sender and request once those are proven, without before', async () => {
    await deliver(world, delivery(world, scanner, answerOf('approve')));
    const forged = delivery(world, scanner, answerOf('deny'));
    await deliver(world, { ...forged, body: forged.body.replace('deny', 'deny ') });
    await deliver(world, { headers: {}, body: '{}' });
    const { refusals } = (await world.call('GET', '/v1/refusals', { key: admin })).body as { refusals: object[] };
    const route = `POST ${door}`;
    expect(refusals).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ route, keyId: scanner.keyId, about: ask.nonce, code: 'forbidden' }),
        expect.objectContaining({ route, keyId: scanner.keyId, about: '', code: 'unauthenticated' }),
        expect.objectContaining({ route, keyId: null, about: '', code: 'unauthenticated' }),
      ]),
    );
  });

  it('says why in the log, and nothing that was sent', async () => {
    await deliver(world, delivery(world, scanner, answerOf('deny'), { at: world.clock.at - 400_000 }));
    const [line] = world.log.filter((one) => one.includes('authentication-failed'));
    expect(line).toContain('more than five minutes off');
    expect(world.log.join('')).not.toContain(ask.nonce);
  });
});

it('a sender that tries API keys is locked out, and nobody else is', async () => {
  const guess = `cs_abcdefabcdef_${'A'.repeat(43)}`;
  for (let tried = 0; tried < 20; tried += 1) {
    expect((await deliver(world, delivery(world, scanner, answerOf('approve')), guess)).status).toBe(401);
  }
  const key = await world.key('cat');
  expect((await deliver(world, delivery(world, scanner, answerOf('approve')), key)).status).toBe(429);
  const other = await enrolSigner(world, admin, 'other');
  expect((await deliver(world, delivery(world, other, answerOf('approve', {}, ask, other)), key)).status).toBe(200);
});

it('a sender has so many answers a minute, and uses up no other’s', async () => {
  await world.close();
  world = await startWorld({ gateway: { rateLimits: { perAddress: 1200, perKey: 3 } } });
  admin = await world.key('root');
  const [one, other] = [await enrolSigner(world, admin, 'scanner'), await enrolSigner(world, admin, 'other')];
  ask = await world.ask(1);
  const status = async (by: SigningParty) =>
    (await deliver(world, delivery(world, by, answerOf('deny', {}, ask, by)))).status;
  for (let sent = 0; sent < 3; sent += 1) expect(await status(one)).toBe(200);
  expect(await status(one)).toBe(429);
  expect(await status(other)).toBe(200);
});

it('the address by itself says nothing and lets nobody in', async () => {
  const key = await world.key('bob');
  for (const call of [
    world.call('GET', door, { key }),
    world.call('GET', `${door}?verdict=approve&nonce=${ask.nonce}`, { key }),
  ]) {
    expect((await call).status).toBe(404);
  }
  const body = answerOf('approve');
  expect((await world.call('POST', door, { key, body })).status).toBe(401);
  expect(await votes()).toEqual([]);
});

async function revoke({ keyId }: SigningParty): Promise<void> {
  expect((await world.call('DELETE', `/v1/keys/${keyId}`, { key: admin })).status).toBe(204);
}
