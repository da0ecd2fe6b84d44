/** What is remembered of settled turns: by run and epoch only, and never so much that memory grows with the fleet. */
import { describe, expect, it } from 'vitest';
import { createSettledTurns } from '../../../store/sql/settled-turns.ts';

describe('settled turns', () => {
  it('are known for the epoch they were noted in: a reset starts from nothing', () => {
    const settled = createSettledTurns();
    settled.note('a', 0, 7);
    expect(settled.below('a', 0)).toBe(7);
    expect(settled.below('a', 1)).toBe(0);
    expect(settled.below('b', 0)).toBe(0);
    settled.note('a', 1, 2);
    expect(settled.below('a', 0)).toBe(0);
  });

  it('of runs that nobody asked about for long are forgotten', () => {
    const settled = createSettledTurns();
    for (let run = 0; run <= 10_000; run += 1) settled.note(`run-${run}`, 0, 1);
    expect(settled.below('run-0', 0)).toBe(0);
    expect(settled.below('run-10000', 0)).toBe(1);
  });
});
