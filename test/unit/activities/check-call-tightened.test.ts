/** A policy that comes into force while people are asked (P2, attack 6): what it tightens holds for their answer, what it loosens does not. */
import { describe, expect, test } from 'vitest';
import type { SignedVote } from '../../../core/contracts/approval.ts';
import { start } from './run-tool-world.ts';
import { createGateWorld, gatePolicy, type GateWorld, wordOf } from './check-call-world.ts';

async function activate(world: GateWorld, policy: string): Promise<void> {
  const policyDigest = await world.store.putBody(policy);
  await world.order({ kind: 'policy-activation', agent: 'ops', packDigest: policyDigest, policyDigest, by: 'root' });
}

/** A policy whose default terms are changed. */
const terms = (changed: (text: string) => string): string => {
  const text = changed(gatePolicy);
  if (text === gatePolicy) throw new TypeError('nothing was changed');
  return text;
};
const two = terms((text) => text.replace('quorum: 1', 'quorum: 2'));

/** Asked under one policy, answered under another. */
async function answered(
  before: string,
  after: string,
  votes: (world: GateWorld, ask: Awaited<ReturnType<GateWorld['ask']>>) => SignedVote[] = (world, ask) => [
    world.vote(ask),
  ],
): Promise<string> {
  const world = await createGateWorld({ policy: before });
  const ask = await world.ask();
  await activate(world, after);
  world.clock.at += 5;
  return wordOf(await world.gate({ ask, votes: votes(world, ask), pass: 2 }));
}

describe('an approval under terms that were tightened since', () => {
  test.each([
    ['more people', two],
    [
      'other people',
      terms((text) => text.replace('{ roles: [operator] }\n    quorum', '{ principals: [otto] }\n    quorum')),
    ],
    ['a reason', terms((text) => text.replace('quorum: 1', 'reasonRequired: true'))],
    ['another channel', terms((text) => text.replace('quorum: 1', 'channels: { api: none }'))],
    [
      'people of a set',
      terms((text) => text.replace('quorum: 1', 'thresholds: [{ from: { principals: [otto] }, approve: 1 }]')),
    ],
  ])('is not enough where they want %s: people are asked anew', async (_name, after) => {
    expect(await answered(gatePolicy, after)).toBe('deny terms-tightened');
  });

  test('ends its request as superseded, and the next round asks under what holds now', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    await activate(world, two);
    const result = await world.gate({ ask, votes: [world.vote(ask)], pass: 2 });
    expect(result).toMatchObject({ decision: { body: { verdict: 'deny', outcome: 'superseded' } } });
    const again = await world.gate({ pass: 3 });
    expect(again).toMatchObject({ decision: { body: { verdict: 'ask', ask: { terms: { quorum: 2 } } } } });
  });

  test('is enough where as many as they want have given it', async () => {
    const word = await answered(gatePolicy, two, (world, ask) => [
      world.vote(ask),
      world.vote(ask, { principal: 'quinn' }),
    ]);
    expect(word).toBe('allow');
  });

  test.each([
    ['loosened', two.replace('quorum: 2', 'quorum: 1'), two],
    ['changed in nothing that counts', gatePolicy, `${gatePolicy}# a remark\n`],
  ])('that were %s is judged as it was asked for', async (name, after, before) => {
    const isLoosened = name === 'loosened';
    expect(await answered(before, after)).toBe(isLoosened ? 'still-open' : 'allow');
  });

  test('is held to the hours in which people were asked, and not to those in which it is used', async () => {
    // People are asked on a Friday at 08:00, and it is used a minute later.
    const base = gatePolicy.replace('executeWithin: 30s', 'executeWithin: 5m');
    const within = (hours: string): string =>
      base.replace('quorum: 1', `hours: { within: ["fri ${hours} UTC"], outside: with-reason }`);
    const atTheEnd = async (after: string): Promise<string> => {
      const world = await createGateWorld({ policy: base });
      const ask = await world.ask();
      await activate(world, after);
      const votes = [world.vote(ask)];
      world.clock.at = start + 60_000;
      return wordOf(await world.gate({ ask, votes, pass: 2 }));
    };
    expect(await atTheEnd(within('08:00-08:01'))).toBe('allow');
    expect(await atTheEnd(within('08:01-08:02'))).toBe('deny terms-tightened');
  });
});
