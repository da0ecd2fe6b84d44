/** What is refused is recorded, an address that only guesses is locked out, and keys say when they were last used. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFailedAttempts, lockedOutMs } from '../../../gateway/failed-attempts.ts';
import { makeKey } from '../../../gateway/make-key.ts';
import { anyDigest } from '../../support/signed-objects.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let admin: string;
beforeEach(async () => {
  world = await startWorld();
  admin = await world.key('ann');
});
afterEach(() => world.close());

const idOf = (key: string): string => key.slice(3, 15);
async function refusals(): Promise<Record<string, unknown>[]> {
  const answer = await world.call('GET', '/v1/refusals', { key: admin });
  return answer.body['refusals'] as Record<string, unknown>[];
}

describe('a refused attempt', () => {
  it('to vote is recorded with who tried, on what, and why not', async () => {
    const ask = await world.ask(1);
    const guest = await world.key('guest', { roles: [] });
    const body = { verdict: 'approve', cardDigest: anyDigest('card') };
    await world.call('POST', `/v1/approvals/${ask.nonce}/votes`, { key: guest, body });
    await world.call('POST', `/v1/approvals/${ask.nonce}/votes`, { key: guest, body });
    expect(await refusals()).toEqual([
      {
        route: 'POST /v1/approvals/:nonce/votes',
        keyId: idOf(guest),
        about: ask.nonce,
        code: 'forbidden',
        attempts: 2,
        lastAt: world.clock.at,
      },
    ]);
  });

  it('with the wrong secret of a key names the key, and never what was sent', async () => {
    const guess = `cs_${idOf(admin)}_${makeKey().apiKey.slice(16)}`;
    await world.call('GET', '/v1/approvals', { key: guess });
    await world.call('GET', '/v1/approvals', { key: 'nothing of ours' });
    const recorded = await refusals();
    expect(recorded.map(({ keyId, code, about }) => [keyId, code, about])).toEqual(
      expect.arrayContaining([
        [idOf(admin), 'unauthenticated', ''],
        [null, 'unauthenticated', ''],
      ]),
    );
    expect(JSON.stringify(recorded)).not.toContain(guess.slice(16));
  });

  it('without the scope, and with a body of another shape, is recorded', async () => {
    const reader = await world.key('bob', { scopes: ['runs:read'] });
    await world.call('POST', '/v1/keys', { key: reader, body: {} });
    await world.call('POST', '/v1/keys', { key: admin, body: {} });
    expect(new Set((await refusals()).map(({ code }) => code))).toEqual(new Set(['forbidden', 'input-invalid']));
  });

  it('to sign in with a link that was used is recorded', async () => {
    const made = await world.call('POST', '/v1/inbox/sign-in-links', { key: admin });
    const token = String(made.body['url']).split('#sign-in=')[1] ?? '';
    expect((await world.call('POST', '/v1/inbox/session', { body: { token } })).status).toBe(201);
    expect((await world.call('POST', '/v1/inbox/session', { body: { token } })).status).toBe(401);
    const recorded = await refusals();
    expect(recorded).toMatchObject([{ route: 'POST /v1/inbox/session', code: 'unauthenticated', keyId: null }]);
    expect(JSON.stringify(recorded)).not.toContain(token);
  });

  it('is in the store when the gateway has closed', async () => {
    await world.call('GET', '/v1/approvals', { key: 'nothing of ours' });
    await world.app.close();
    expect(await world.store.listRefusals(10)).toMatchObject([{ code: 'unauthenticated', attempts: 1 }]);
  });

  it('is not one where the store is what failed', async () => {
    world.door.down = true;
    await world.ask(1);
    expect((await world.call('GET', '/v1/approvals', { key: admin })).status).toBe(503);
    expect(await refusals()).toEqual([]);
  });
});

describe('an address that guesses', () => {
  it('is locked out after twenty failures, and whoever has a key is not', async () => {
    const bob = await world.key('bob');
    const unknown = async () => (await world.call('GET', '/v1/approvals', { key: makeKey().apiKey })).status;
    // A key that is younger than a second counts for its address: it is known from its first use on.
    expect((await world.call('GET', '/v1/approvals', { key: bob })).status).toBe(200);
    for (let tried = 0; tried < 20; tried += 1) expect(await unknown()).toBe(401);
    expect(await unknown()).toBe(429);
    expect((await world.call('GET', '/v1/approvals', { key: bob })).status).toBe(200);
  });

  it('may try again when it has been still for the time of the lock', () => {
    const clock = { at: 0 };
    const failed = createFailedAttempts(() => clock.at);
    for (let tried = 0; tried < 20; tried += 1) failed.note('10.0.0.1');
    expect(failed.lockedOutFor('10.0.0.2')).toBeUndefined();
    expect(failed.lockedOutFor('10.0.0.1')).toBe(lockedOutMs / 1000);
    clock.at = lockedOutMs - 1;
    expect(failed.lockedOutFor('10.0.0.1')).toBe(1);
    clock.at = lockedOutMs;
    expect(failed.lockedOutFor('10.0.0.1')).toBeUndefined();
    failed.note('10.0.0.1');
    expect(failed.lockedOutFor('10.0.0.1')).toBeUndefined();
  });

  it('cannot make the gateway remember addresses without end', () => {
    const failed = createFailedAttempts(() => 0);
    for (let tried = 0; tried < 20; tried += 1) failed.note('first');
    for (let index = 0; index < 10_000; index += 1) failed.note(`other ${index}`);
    expect(failed.lockedOutFor('first')).toBeUndefined();
  });
});

describe('a key', () => {
  it('says when it was last used', async () => {
    const bob = await world.key('bob');
    const lastUsed = async () => {
      const { keys } = (await world.call('GET', '/v1/keys', { key: admin })).body as {
        keys: { keyId: string; lastUsedAt: number | null }[];
      };
      return keys.find(({ keyId }) => keyId === idOf(bob))?.lastUsedAt;
    };
    expect(await lastUsed()).toBeNull();
    const usedAt = world.clock.at;
    await world.call('GET', '/v1/approvals', { key: bob });
    world.clock.at += 5000;
    expect(await lastUsed()).toBe(usedAt);
  });
});
