/** Blocked words (P1): the same word in every spelling that a reader takes for it, and no other word. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldWords } from '../../../policy/blocked.ts';
import { decideByPolicy } from '../../../policy/index.ts';
import { call, loaded } from './policy-fixtures.ts';

const policy = loaded(`version: 1
rules: [{ id: all, reason: Trusted agent, effect: allow, tools: ["*"] }]
blocked: { words: [drop table, Müller, "\u043f\u0430\u0440\u043e\u043b\u044c"] }
`);
const word = (args: Record<string, unknown>): string => {
  const { verdict, rules } = decideByPolicy(policy, call({ args }));
  return `${verdict} ${rules[0]?.id ?? ''}`;
};

describe('a blocked word is found', () => {
  test.each([
    ['as it is', 'please drop table users'],
    ['in capitals', 'DROP TABLE users'],
    ['in full width', 'ｄｒｏｐ ｔａｂｌｅ'],
    ['over lines and tabs', 'drop\n\t table'],
    ['with characters nobody sees', 'dr\u200Bop ta\u00ADble'],
    ['with marks on its letters', 'dro\u0301p ta\u0327ble'],
    ['with letters that look alike', 'dr\u043Ep t\u0430ble'],
    ['in mathematical letters', '𝐝𝐫𝐨𝐩 𝐭𝐚𝐛𝐥𝐞'],
    ['without its accent', 'to Muller'],
    ['taken apart', 'to Mu\u0308ller'],
    ['of another alphabet', 'ПАРОЛЬ: x'],
  ])('%s', (_name, note) => {
    expect(word({ note })).toBe('deny blocked-word');
  });

  test('in a list, in an object, and in a name of an argument', () => {
    for (const args of [{ notes: ['a', 'drop table'] }, { a: { b: { c: 'drop table' } } }, { 'drop table': 1 }]) {
      expect(word(args)).toBe('deny blocked-word');
    }
  });

  test('wherever it stands in a text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (before, after) => {
        expect(word({ note: `${before} drop table ${after}` })).toBe('deny blocked-word');
      }),
      { numRuns: 100 },
    );
  });
});

test.each(['drop the table', 'droptable', 'dr op table', 'Mueller', 'a plain text'])(
  'another word is none: %j',
  (note) => {
    expect(word({ note })).toBe('allow all');
  },
);

test('folding twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(foldWords(foldWords(text))).toBe(foldWords(text));
    }),
    { numRuns: 300 },
  );
});

test('a long run of marks is cut, since sorting them takes the square of their number', () => {
  expect(foldWords(`a${'\u05B0\u05B1'.repeat(200_000)}b`)).toHaveLength('ab'.length + 8);
});
