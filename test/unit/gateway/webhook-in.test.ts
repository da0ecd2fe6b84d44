/** Answers by webhook, from the sender's side: what each signature is worth, and every way to make one worth more. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSigningKey } from '../../../gateway/make-key.ts';
import type { AskRow } from '../../../store/store.ts';
import { anyDigest } from '../../support/signed-objects.ts';
import { type AskChanges, type World } from './gateway-world.ts';
import {
  deliver,
  delivery,
  enrolSigner,
  saidBy,
  type SigningParty,
  signature,
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

async function withTerms(terms: AskChanges['terms']): Promise<AskRow> {
  return await world.ask(2, { terms });
}

describe('what a system signs', () => {
  it('denies, as the system, by webhook', async () => {
    const answer = await deliver(world, delivery(world, scanner, answerOf('deny', { reason: 'known flaws' })));
    expect(answer).toMatchObject({ status: 200, body: { status: 'applied' } });
    expect(await votes()).toMatchObject([
      {
        principal: 'scanner',
        verdict: 'deny',
        channel: 'webhook',
        reason: 'known flaws',
        authenticated: { method: 'signing-key', credentialId: scanner.keyId, mintedBy: 'root' },
      },
    ]);
  });

  it('never approves', async () => {
    const answer = await deliver(world, delivery(world, scanner, answerOf('approve')));
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(answer.text).toContain('a system can deny and not approve');
    expect(await votes()).toEqual([]);
  });

  it('denies nothing whose terms do not name it', async () => {
    const other = await enrolSigner(world, admin, 'other', { roles: [] });
    const answer = await deliver(world, delivery(world, other, answerOf('deny', {}, ask, other)));
    expect(answer.status).toBe(403);
    expect(await votes()).toEqual([]);
  });

  it('gets nobody in: a signing key is no API key', async () => {
    for (const secret of [scanner.privateKey.replaceAll('\n', ''), 'A'.repeat(43)]) {
      expect((await world.call('GET', '/v1/approvals', { key: `cs_${scanner.keyId}_${secret}` })).status).toBe(401);
    }
  });
});

describe('an approval that a system delivers', () => {
  it('is the person’s who signed the same statement', async () => {
    const answer = await deliver(world, delivery(world, scanner, answerBy(bob)));
    expect(answer).toMatchObject({ status: 200, body: { status: 'applied' } });
    const authenticated = { method: 'signing-key', credentialId: bob.keyId, via: `webhook:${scanner.keyId}` };
    expect(await votes()).toMatchObject([{ principal: 'bob', verdict: 'approve', channel: 'webhook', authenticated }]);
  });

  it('is the person’s whose API key comes with it', async () => {
    const key = await world.key('cat');
    expect((await deliver(world, delivery(world, scanner, answerOf('approve')), key)).status).toBe(200);
    expect(await votes()).toMatchObject([
      { principal: 'cat', channel: 'webhook', authenticated: { method: 'api-key', via: `webhook:${scanner.keyId}` } },
    ]);
  });

  it('may be sent by the person themselves', async () => {
    expect((await deliver(world, delivery(world, bob, answerOf('approve', {}, ask, bob)))).status).toBe(200);
    expect(await votes()).toMatchObject([{ principal: 'bob' }]);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'a statement of another verdict',
      () => Promise.resolve({ ...answerOf('approve'), person: saidBy(bob, answerOf('deny').data) }),
    ],
    [
      'a statement about another card',
      () =>
        Promise.resolve({
          ...answerOf('approve'),
          person: saidBy(bob, answerOf('approve', { cardDigest: anyDigest('card') }).data),
        }),
    ],
    [
      'a statement made to another sender',
      async () => {
        const other = await enrolSigner(world, admin, 'other');
        return { ...answerOf('approve'), person: saidBy(bob, answerOf('approve', {}, ask, other).data) };
      },
    ],
    [
      'the signature of another key',
      () =>
        Promise.resolve({
          ...answerOf('approve'),
          person: { ...saidBy(scanner, answerOf('approve').data), keyId: bob.keyId },
        }),
    ],
    ['a system’s own signature in a person’s place', () => Promise.resolve(answerBy(scanner))],
    ['a key that was never enrolled', () => Promise.resolve(answerBy(makeSigningKey()))],
    [
      'the sender’s signature of a delivery',
      () => {
        const data = answerOf('approve').data;
        return Promise.resolve({
          ...answerOf('approve'),
          person: { keyId: bob.keyId, signature: signature(bob, JSON.stringify(data)) },
        });
      },
    ],
  ])('does not count with %s', async (_name, content) => {
    expect((await deliver(world, delivery(world, scanner, await content()))).status).toBe(401);
    expect(await votes()).toEqual([]);
  });

  it.each<[string, () => Promise<string>]>([
    ['of a service account', async () => await world.key('ci', { person: false })],
    ['that was revoked', async () => await revoked(await world.key('cat'))],
    ['that does not stand', () => Promise.resolve(`cs_abcdefabcdef_${'A'.repeat(43)}`)],
  ])('does not count with an API key %s', async (_name, key) => {
    expect((await deliver(world, delivery(world, scanner, answerOf('approve')), await key())).status).toBe(401);
    expect(await votes()).toEqual([]);
  });

  it('does not count with an API key that somebody else made, or one that may not vote', async () => {
    for (const changes of [{ mintedBy: 'root' }, { scopes: ['approvals:read' as const] }]) {
      const key = await world.key('cat', changes);
      expect((await deliver(world, delivery(world, scanner, answerOf('approve')), key)).status).toBe(403);
    }
    expect(await votes()).toEqual([]);
  });

  it('is of one person: not of the sender’s and another’s', async () => {
    const key = await world.key('cat');
    const both = answerOf('approve', {}, ask, bob);
    expect((await deliver(world, delivery(world, bob, both), key)).status).toBe(400);
    expect((await deliver(world, delivery(world, scanner, answerBy(bob)), key)).status).toBe(400);
    expect(await votes()).toEqual([]);
  });

  it('obeys the terms: no approval by webhook, a fresh confirmation, no requester', async () => {
    const none = await withTerms({ channels: { webhook: 'none' } });
    expect((await deliver(world, delivery(world, scanner, answerBy(bob, 'approve', {}, none)))).status).toBe(403);
    const confirmed = await world.ask(3, { terms: { stepUpFrom: 'low' } });
    const { tool } = JSON.parse(confirmed.card) as { tool: string };
    for (const [more, status] of [
      [{}, 422],
      [{ confirmation: 'yes' }, 422],
      [{ confirmation: tool }, 200],
    ] as const) {
      expect((await deliver(world, delivery(world, scanner, answerBy(bob, 'approve', more, confirmed)))).status).toBe(
        status,
      );
    }
    const own = await world.ask(4, { ticket: { principal: 'bob' } });
    expect((await deliver(world, delivery(world, scanner, answerBy(bob, 'approve', {}, own)))).status).toBe(403);
    const enrolled = await world.ask(5, { ticket: { principal: 'root' } });
    expect((await deliver(world, delivery(world, scanner, answerBy(bob, 'approve', {}, enrolled)))).status).toBe(403);
    expect([...(await votes(none)), ...(await votes(own)), ...(await votes(enrolled))]).toEqual([]);
    expect((await deliver(world, delivery(world, scanner, answerOf('deny', {}, none)))).status).toBe(200);
  });
});

async function revoked(key: string): Promise<string> {
  await world.call('DELETE', `/v1/keys/${key.slice(3, 15)}`, { key: admin });
  return key;
}
