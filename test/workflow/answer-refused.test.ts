/** What closing a run may answer, also where somebody else answered for the activity. */
import { expect, test } from 'vitest';
import { answerRefused } from '../../workflows/answer-refused.ts';

const refusal = { guard: 'mine', rule: 'r', severity: 'high', message: 'no' };

test('a refusal takes the place of the answer', () => {
  expect(answerRefused({ findings: [], refusal })).toEqual({
    outcome: 'refused',
    text: 'The answer was withheld: guard "mine" refused it by "r": no',
  });
});

test.each([
  undefined,
  null,
  'refused',
  {},
  { findings: [] },
  { refusal: null },
  { refusal: 'mine' },
  { refusal: { ...refusal, guard: 7 } },
  { refusal: { guard: 'mine' } },
])('anything else leaves it as it is: %j', (closed) => {
  expect(answerRefused(closed)).toBe(undefined);
});

test('a forged one of any length can be recorded', () => {
  const forged = { refusal: { ...refusal, message: '\uD83D\uDE00'.repeat(100_000) } };
  const { text = '' } = answerRefused(forged) ?? {};
  expect(text.length).toBeLessThanOrEqual(1000);
  expect(text.isWellFormed()).toBe(true);
});
