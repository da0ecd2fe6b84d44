/** A run that ends closes its open request and nothing else: no vote counts then, and nothing is permitted (P2). */
import { describe, expect, test } from 'vitest';
import { createGateWorld, wordOf } from './check-call-world.ts';

describe('P2 a run that ends', () => {
  test('withdraws its open request, whatever votes came with it', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    const result = await world.gate({ ask, votes: [world.vote(ask)], pass: 2, withdraw: true });
    expect(wordOf(result)).toBe('deny run-ended');
    expect(result).toMatchObject({ decision: { body: { outcome: 'withdrawn' } } });
  });

  test('leaves a request that has its outcome as it is', async () => {
    const world = await createGateWorld();
    const ask = await world.ask();
    expect(wordOf(await world.gate({ ask, votes: [world.vote(ask)], pass: 2 }))).toMatch(/^allow/);
    expect(wordOf(await world.gate({ ask, pass: 3, withdraw: true }))).toBe('still-open');
  });

  test('decides nothing where there is no request', async () => {
    const world = await createGateWorld();
    expect(wordOf(await world.gate({ withdraw: true }))).toBe('still-open');
  });
});
