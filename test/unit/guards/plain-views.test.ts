/** What is read once disguises are off stays about as long as the text: no sign of a hostile text becomes a page. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unitText } from '../../../guards/text/code-units.ts';
import { viewsOf } from '../../../guards/text/plain-views.ts';

const plainOf = (text: string) => viewsOf(unitText(text), { rotated: false }).plain;

test('no sign stands for more than seven letters', () => {
  const longest = Array.from({ length: 0xffff - 0x80 }, (_, at) => String.fromCharCode(at + 0x80))
    .filter((sign) => sign.isWellFormed())
    .map((sign) => plainOf(sign).units.length);
  expect(Math.max(...longest)).toBe(7);
});

test.each([
  ['letters of other alphabets', 'іgnоrе АLL', 'ignore aLL'],
  ['accents and ligatures', 'ïgnóre the ﬁle', 'ignore the file'],
  ['marks, hidden signs and blanks that do not break', 'i\u0301g\u200bn\u00adore\u00a0all', 'ignore all'],
  ['signs for whole words of other scripts, which are left out', 'ig\uFDFAno\u3300re', 'ignore'],
])('%s are read as Latin letters, and the whole as ASCII', (_name, text, read) => {
  const plain = plainOf(text);
  expect(plain).toMatchObject({ text: read, isAscii: true });
  expect(String.fromCharCode(...plain.units)).toBe(read);
});

test('what has no Latin letter stays, and is not taken for ASCII', () => {
  expect(plainOf('日本 a😀')).toMatchObject({ text: '日本 a😀', isAscii: false });
});

test('each character alone comes to what normalising the whole text comes to', () => {
  const leftOut = /[\p{M}\uFDF0-\uFDFC\u3300-\u3357\u00AD\u180E\u200B-\u200F\u2060-\u2064\uFEFF\u{E0000}-\u{E007F}]+/gu;
  const compact = (text: string) =>
    text
      .replaceAll(leftOut, '')
      .normalize('NFKD')
      .replaceAll(/\p{M}+/gu, '');
  // Letters that are mapped one to one besides are another test's.
  const text = fc
    .string({ unit: 'binary', maxLength: 60 })
    .map((one) => one.replaceAll(/[\u0370-\u052F\u0261\u00A0]/gu, ''));
  fc.assert(
    fc.property(text, (one) => {
      const expected = compact(one).replaceAll('\u00A0', ' ');
      const look = (letters: string) => letters.replaceAll(/[\u0370-\u052F\u0261]/gu, '?');
      fc.pre(look(expected) === expected);
      expect(plainOf(`\u00E9${one}`).text).toBe(`e${expected}`);
    }),
    { numRuns: 2000 },
  );
});
