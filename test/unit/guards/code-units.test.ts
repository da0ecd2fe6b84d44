/** What every text guard reads: the units of a text as they are, and each of those beyond ASCII once, wherever it stands. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { injectionSignals } from '../../../guards/injection/signals.ts';
import { unitText } from '../../../guards/text/code-units.ts';

const unitsOf = (text: string) => Array.from({ length: text.length }, (_, at) => text[at] ?? '');

test('the units are those of the text, and no sign beyond ASCII is left out, however long the text before it is', () => {
  const long = fc.constantFrom('', 'a'.repeat(16_384), 'é'.repeat(16_385), 'plain '.repeat(9000));
  fc.assert(
    fc.property(long, fc.string({ unit: 'binary' }), (before, behind) => {
      const text = `${before}${behind}`;
      const { units, signs, isAscii } = unitText(text);
      const expected = new Set(unitsOf(text).filter((unit) => unit > '\u007f'));
      expect(Array.from(units, (unit) => String.fromCharCode(unit)).join('')).toBe(text);
      expect(new Set(unitsOf(signs))).toEqual(expected);
      expect(signs).toHaveLength(expected.size);
      expect(isAscii).toBe(expected.size === 0);
    }),
    { numRuns: 50 },
  );
});

test('a long text of the same length as the one before is read anew', () => {
  const one = 'x'.repeat(20_000);
  expect(unitText(`${one}é`).signs).toBe('é');
  expect(unitText(`${one}ü`).signs).toBe('ü');
  expect(unitText(`${one}y`)).toMatchObject({ signs: '', isAscii: true });
});

test('what a signal is tried for is beyond ASCII: other units are not among the signs', () => {
  const ascii = String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code));
  expect(injectionSignals.filter(({ holds }) => holds?.test(ascii))).toEqual([]);
});
