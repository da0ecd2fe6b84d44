/**
 * Letters of other alphabets that look like Latin ones, as they are used to write a word that a reader sees and a comparison does
 * not. It names the usual ones, not all that Unicode has.
 */
const lookAlikes: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'аa',
    'еe',
    'оo',
    'рp',
    'сc',
    'уy',
    'хx',
    'іi',
    'ѕs',
    'јj',
    'ԁd',
    'һh',
    'ӏl',
    'ԛq',
    'ԝw',
    'ɡg',
    'αa',
    'εe',
    'οo',
    'ρp',
    'ιi',
    'υu',
    'νv',
    'κk',
    'τt',
  ].map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)]),
);

/** Where one may stand. */
export const lookAlikeLetter = /[\u0370-\u052F\u0261]/gu;

/** The Latin letter that one looks like, small; any other letter as it is. */
export function latinLetter(letter: string): string {
  return lookAlikes[letter] ?? lookAlikes[letter.toLowerCase()] ?? letter;
}
