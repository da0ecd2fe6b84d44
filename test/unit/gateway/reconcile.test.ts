/** A person's word on what became of an effect: who may give it, once, and how the run hears of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readControl } from '../../../store/read-control.ts';
import type { AskRow } from '../../../store/store.ts';
import { anyDigest, workflowIdOf } from '../../support/signed-objects.ts';
import { audience, canary, startWorld, type World } from './gateway-world.ts';

let world: World;
let ask: AskRow;
beforeEach(async () => {
  world = await startWorld();
  ask = await world.ask(1, { kind: 'reconcile', card: { kind: 'reconcile' } });
});
afterEach(() => world.close());

async function answer(key: string, changes: Record<string, unknown> = {}, row = ask) {
  if (row.ask.body.verdict !== 'ask') throw new TypeError('not an ask');
  const { cardDigest } = row.ask.body.ask;
  const body = { answer: 'did-not-happen', cardDigest, reason: 'the service never restarted', ...changes };
  return await world.call('POST', `/v1/approvals/${row.nonce}/reconcile`, { key, body });
}

async function answers() {
  const { store, keys } = world;
  return await readControl({ store, registry: keys.registry, audience }, ['reconcile-answer']);
}

it('an answer is a signed record, and the run is told to look again', async () => {
  const given = await answer(await world.key('bob'));
  expect(given).toMatchObject({ status: 200, body: { status: 'recorded', answeredAt: world.clock.at } });
  expect(await answers()).toMatchObject([
    {
      sequence: given.body['sequence'],
      nonce: ask.nonce,
      callKey: ask.callKey,
      try: 1,
      answer: 'did-not-happen',
      principal: 'bob',
      roles: ['operator'],
      reason: 'the service never restarted',
      answeredAt: world.clock.at,
    },
  ]);
  const payload = { about: 'reconcile-answer' };
  expect(world.door.signals).toEqual([{ workflowId: workflowIdOf(1), name: 'control', payload }]);
});

it('an answer stands although the run could not be told', async () => {
  world.door.signal = () => Promise.reject(new Error('gone'));
  expect((await answer(await world.key('bob'))).status).toBe(200);
  expect(await answers()).toHaveLength(1);
});

it('a second answer is a conflict', async () => {
  await answer(await world.key('bob'));
  expect(await answer(await world.key('cat'), { answer: 'happened' })).toMatchObject({ status: 409 });
  expect(await answers()).toHaveLength(1);
});

it('an answer that another gateway overtook is a conflict: the gate reads the first', async () => {
  const [bob, cat] = [await world.key('bob'), await world.key('cat')];
  const append = world.store.appendControl.bind(world.store);
  world.store.appendControl = async (make) => {
    world.store.appendControl = append;
    expect((await answer(cat, { answer: 'happened' })).status).toBe(200);
    return await append(make);
  };
  expect(await answer(bob)).toMatchObject({ status: 409, body: { code: 'conflict' } });
  expect((await answers()).map(({ principal }) => principal)).toEqual(['cat', 'bob']);
  expect(world.door.signals).toHaveLength(1);
});

describe('an answer that may not be given', () => {
  it.each([
    ['of the requester', { principal: 'ann' }, {}, 403],
    ['of a service account', { principal: 'robot', person: false }, {}, 403],
    ['of somebody without the role', { principal: 'cat', roles: [] }, {}, 403],
    ['by a key that the requester made for another', { principal: 'sock', mintedBy: 'ann' }, {}, 403],
    ['on another card', { principal: 'bob' }, { cardDigest: anyDigest('another') }, 409],
    ['without a reason', { principal: 'bob' }, { reason: undefined }, 400],
    ['with a reason that nobody can see', { principal: 'bob' }, { reason: ' \u200B' }, 400],
    ['with another answer', { principal: 'bob' }, { answer: 'maybe' }, 400],
    ['with an unknown key', { principal: 'bob' }, { try: 2 }, 400],
    ['with a secret in its reason', { principal: 'bob' }, { reason: canary }, 422],
  ])('%s is refused', async (_what, who, changes, status) => {
    const { principal, ...rest } = who;
    const given = await answer(await world.key(principal, rest), changes);
    expect(given.status).toBe(status);
    expect(given.text).not.toContain(canary);
    expect(await answers()).toEqual([]);
    expect(world.door.signals).toEqual([]);
  });

  it('past the deadline is a conflict', async () => {
    world.clock.at = ask.deadlineAt + 1;
    expect((await answer(await world.key('bob'))).status).toBe(409);
    expect(await answers()).toEqual([]);
  });

  it('while the clocks differ is not signed', async () => {
    world.door.aheadMs = 20_000;
    expect((await answer(await world.key('bob'))).body['code']).toBe('clock-skew');
    expect(await answers()).toEqual([]);
  });

  it('on a request to run something is a conflict', async () => {
    const row = await world.ask(2);
    expect((await answer(await world.key('bob'), {}, row)).status).toBe(409);
    expect(await answers()).toEqual([]);
  });
});
