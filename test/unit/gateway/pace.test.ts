/** How fast people approve, and that what is critical has a lane of its own in the list: what a flood of requests is for (attack 24). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nonceOf } from '../../support/signed-objects.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
let bob: string;
let carol: string;
beforeEach(async () => {
  world = await startWorld();
  bob = await world.key('bob');
  carol = await world.key('carol');
});
afterEach(async () => await world.close());

async function approve(number: number, key: string): Promise<void> {
  const { body } = await world.call('GET', `/v1/approvals/${nonceOf(number)}?channel=terminal`, { key });
  world.clock.at += 1;
  const cardDigest = body['cardDigest'];
  const path = `/v1/approvals/${nonceOf(number)}/votes`;
  const { status } = await world.call('POST', path, { key, body: { verdict: 'approve', cardDigest } });
  expect(status).toBe(200);
}

const pace = async (query = '') => (await world.call('GET', `/v1/approvals/pace${query}`, { key: carol })).body;

describe('the pace of approvals', () => {
  it('counts what came sooner than a card is read, from the first look on', async () => {
    for (const number of [1, 2, 3]) await world.ask(number);
    world.clock.at += 30_000;
    // Read for long: shown once, answered much later.
    await world.call('GET', `/v1/approvals/${nonceOf(3)}?channel=terminal`, { key: carol });
    world.clock.at += 10_000;
    await approve(1, bob);
    await approve(2, bob);
    await approve(3, carol);
    const shown = await pace();
    expect(shown).toMatchObject({ complete: true });
    expect(shown['approvers']).toEqual([
      { principal: 'bob', approvals: 2, medianMs: expect.any(Number) as unknown, tooSoon: 2 },
      { principal: 'carol', approvals: 1, medianMs: expect.any(Number) as unknown, tooSoon: 0 },
    ]);
    const [first] = shown['approvers'] as { medianMs: number }[];
    expect(first?.medianMs).toBeGreaterThanOrEqual(40_000);
    expect((await pace(`?from=${world.clock.at + 1}`))['approvers']).toEqual([]);
  });

  it('is for whoever may read approvals, and takes no time that is none', async () => {
    const starter = await world.key('ann', { scopes: ['runs:start'] });
    expect((await world.call('GET', '/v1/approvals/pace', { key: starter })).status).toBe(403);
    expect((await world.call('GET', '/v1/approvals/pace?from=yesterday', { key: carol })).status).toBe(400);
  });
});

describe('what is critical', () => {
  it('is listed before everything else, however much of that is due sooner, also where the list is short', async () => {
    for (const number of [1, 2, 3]) await world.ask(number, { deadlineAt: world.clock.at + number * 1000 });
    await world.ask(4, { deadlineAt: world.clock.at + 50_000, body: { risk: 'critical' } });
    const nonces = async (query: string) => {
      const { body } = await world.call('GET', `/v1/approvals${query}`, { key: bob });
      return (body['approvals'] as { nonce: string }[]).map(({ nonce }) => nonce);
    };
    expect(await nonces('')).toEqual([4, 1, 2, 3].map((one) => nonceOf(one)));
    const isCut = async (query: string) =>
      (await world.call('GET', `/v1/approvals${query}`, { key: bob })).body['more'];
    expect(await Promise.all(['', '?limit=4', '?limit=3', '?limit=1', '?limit=3&mayAnswer=true'].map(isCut))).toEqual([
      undefined,
      undefined,
      true,
      true,
      true,
    ]);
    expect(await nonces('?limit=1')).toEqual([nonceOf(4)]);
    expect(await nonces('?limit=2&mayAnswer=true')).toEqual([nonceOf(4), nonceOf(1)]);
  });
});
