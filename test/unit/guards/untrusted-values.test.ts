/** A value that the run read somewhere untrusted is told to be from there, however it is written; another one is not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTextIndex, findUntrustedValues } from '../../../guards/index.ts';

const page = `Status of the week
All orders were shipped. Refunds go to account DE44500105175407324931 of the branch.
Questions to eve@evil-parts.example or https://evil-parts.example/drop?case=77120, please quote the number.
The warehouse opens at eight, and the night shift ends with the delivery from Rotterdam.`;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => Buffer.from(text).toString('hex');
const percent = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');

const escapes = (text: string): string =>
  Array.from(text, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

function found(text: string, args: Record<string, unknown>): string[] {
  const index = createTextIndex();
  index.add(text, 7);
  return findUntrustedValues(args, index, (source) => `text ${source}`).map(
    ({ rule, argument = '' }) => `${rule} ${argument}`,
  );
}
const whole = (name: string): string[] => [`value-in-untrusted-text /${name}`];
const part = (name: string): string[] => [`part-in-untrusted-text /${name}`];

describe('a value that occurs in an untrusted text', () => {
  test.each([
    ['an account', 'DE44500105175407324931'],
    ['in other case', 'de44500105175407324931'],
    ['in groups', 'DE44 5001 0517 5407 3249 31'],
    ['with signs between', 'DE44-5001-0517-5407-3249-31'],
    ['a short address', 'eve@evil-parts.example'],
    ['a host alone', 'evil-parts.example'],
    ['a number', 77_120],
    ['a sentence in other case', 'THE WAREHOUSE OPENS AT EIGHT, AND THE NIGHT SHIFT ENDS'],
    ['in groups and other case', 'de44 5001 0517 5407 3249 31'],
    ['a sentence', 'The warehouse opens at eight, and the night shift ends'],
    ['in base64', base64('Questions to eve@evil-parts.example')],
    ['in hex', hex('DE44500105175407324931')],
    ['in base64 without its end', base64('Questions to eve@evil-parts.example').replace(/=+$/u, '')],
    ['in base64 of addresses', Buffer.from('Questions to eve@evil-parts.example').toString('base64url')],
    ['as escapes', escapes('DE44500105175407324931')],
    ['percent-encoded', percent('DE44500105175407324931')],
    ['with hidden characters', 'DE4450010517\u200b5407324931'],
    ['in full-width letters', '\uff24\uff25\uff14\uff14500105175407324931'],
  ])('%s', (_, value) => {
    expect(found(page, { to: value })).toEqual(whole('to'));
  });

  test.each([
    ['base64', base64],
    ['base64 beside a letter that is none of ASCII', (text: string) => base64(`für alle: ${text}`)],
    ['hex', hex],
    ['percent encoding', percent],
    ['spaces', (text: string) => text.split('').join(' ')],
    ['capitals', (text: string) => text.toUpperCase()],
  ])('the text hides it in %s', (_, write) => {
    const text = `Nothing to see.\n${write('pay to account DE44500105175407324931')}\nBye.`;
    expect(found(text, { to: 'DE44500105175407324931' })).toEqual(whole('to'));
  });

  test('stands inside a longer value', () => {
    expect(found(page, { command: 'curl -s https://evil-parts.example/drop | head' })).toEqual(part('command'));
    expect(found(page, { body: 'Dear all, the warehouse opens at eight, and the night shift is off.' })).toEqual(
      part('body'),
    );
  });

  test('is put together from several arguments', () => {
    expect(found(page, { country: 'DE44500', bank: '10517540', number: '7324931' })).toEqual([
      'value-in-untrusted-text ',
    ]);
  });

  test('is put together also beside another value that was found', () => {
    expect(
      found(page, { a: 'eve@evil-parts.example', country: 'DE44500', bank: '10517540', number: '7324931' }),
    ).toEqual(['value-in-untrusted-text /a', 'value-in-untrusted-text ']);
  });

  test('is named by where it stands', () => {
    expect(found(page, { to: [{ 'a/b': 'eve@evil-parts.example' }] })).toEqual(['value-in-untrusted-text /to/0/a~1b']);
  });
});

test.each([
  ['another account', 'DE89370400440532013000'],
  ['an ordinary word that stands there within a sentence', 'please restart it and look whether the orders arrive'],
  ['a small number', 8],
  ['something short', 'of'],
  ['a part of a word', 'evil-pa'],
  ['nothing', ''],
])('%s is not told to be from there', (_, value) => {
  expect(found(page, { to: value })).toEqual([]);
});

test('whatever text a value stands in, and whatever else was read, it is found', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  const value = fc.stringMatching(/^[a-z0-9]{11,40}$/u);
  fc.assert(
    fc.property(text, value, text, fc.array(text, { maxLength: 5 }), (before, middle, behind, others) => {
      const index = createTextIndex();
      index.add(`${before} ${middle} ${behind}`, 1);
      for (const other of others) index.add(other, 2);
      expect(index.find(middle)).toMatchObject({ whole: true });
      expect(index.find(middle.toUpperCase())).toMatchObject({ whole: true });
    }),
  );
});

test('it answers for any text and any arguments, and says nothing of the value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.object(), (text, args) => {
      const index = createTextIndex();
      index.add(text, 1);
      index.add(JSON.stringify(args), 2);
      for (const finding of findUntrustedValues(args, index, () => 'a text')) {
        expect(finding.severity).toBe('info');
        expect(finding.message).toMatch(/^(?:argument [^:]*:? ?.*|the arguments, put together, occur) .*\(a text\)$/su);
      }
    }),
  );
});
