/**
 * `{a,b}` becomes the words that it stands for, as the shell does it before all else. What is nested, quoted, a range or too
 * many words stays as it is, and whoever reads the word finds a part that is not static.
 */
import type { WordPart } from 'unbash';

const mostWords = 64;
/** Alternatives without anything that the shell would read in them. */
const plainAlternatives = /^\{[^{}"'`$\\\s]*,[^{}"'`$\\\s]*\}$/u;

/** One list of parts for each word. */
export function expandBraces(parts: readonly WordPart[]): (readonly WordPart[])[] {
  if (!parts.some(({ type }) => type === 'BraceExpansion')) return [parts];
  let words: WordPart[][] = [[]];
  for (const part of parts) {
    const alternatives = alternativesOf(part);
    if (words.length * alternatives.length > mostWords) return [parts];
    words = words.flatMap((word) => alternatives.map((one) => (one ? [...word, one] : word)));
  }
  return words;
}

/** Undefined stands for an empty alternative. */
function alternativesOf(part: WordPart): readonly (WordPart | undefined)[] {
  if (part.type !== 'BraceExpansion' || !plainAlternatives.test(part.text)) return [part];
  const { pos, end } = part;
  return part.text
    .slice(1, -1)
    .split(',')
    .map((text): WordPart | undefined => {
      if (text === '') return undefined;
      if (/[*?[\]]/u.test(text)) return { type: 'Glob', kind: 'star', pos, end, text, value: text };
      return { type: 'Literal', pos, end, value: text, text };
    });
}

/** Words of all its ranges; a shell makes them all before anything runs, and more than this take its memory. */
const mostOfRanges = 100_000;

/** `{1..999999999}`, `{1..9999}{1..9999}`. */
export function standsForTooMany(parts: readonly WordPart[]): boolean {
  let words = 1;
  for (const { type, text } of parts) {
    if (type !== 'BraceExpansion') continue;
    for (const [, from, to] of text.matchAll(/\{(-?\d{1,20})\.\.(-?\d{1,20})/gu))
      words *= Math.abs(Number(to) - Number(from)) + 1;
  }
  return words > mostOfRanges;
}
