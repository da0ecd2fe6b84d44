/** Texts that are made to cost their reader more than their length, or to hide something, each of one megabyte; and scripts. */

export const megabyte = 1024 * 1024;

/** A flat text: one that is put together or cut out costs more to read, and that is not what is measured. */
export const flat = (text: string): string => Buffer.from(text).toString();

/** A unit, over and over, in at most so many bytes. */
function of(unit: string): string {
  return flat(unit.repeat(Math.floor(megabyte / Buffer.byteLength(unit))));
}

export const hostileTexts: Readonly<Record<string, string>> = {
  'one-character': of('a'),
  quotes: of('password="a '),
  'token-beginnings': of('sk-'),
  orders: of('ignore all previous '),
  'deep-json': of('{"a":['),
  // Marks that are put in order when a text is normalised.
  marks: of('\u0301\u0323'),
  // A sign of eighteen letters.
  'word-signs': of('\uFDFA '),
  'hidden-signs': of('\u200B'),
  directions: of('\u202Ea\u202C'),
  tags: of('\u{E0041}'),
  'other-alphabets': of('\u0456gn\u043Ere '),
};

const deep = 10_000;
const wrapped = (open: string, close: string): string => `${open.repeat(deep)}true${close.repeat(deep)}`;

export const hostileScripts: Readonly<Record<string, string>> = {
  'nested-10000': wrapped('echo $(', ')'),
  'nested-quoted-10000': wrapped('echo "$(', ')"'),
  'wrappers-10000': wrapped('sudo ', ''),
  'one-character': of('a'),
};
