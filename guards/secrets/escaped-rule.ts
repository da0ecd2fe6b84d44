/**
 * Secrets whose every character is written as an escape (`%67%68`, `\u0067`, `\x67`), and those with characters between their
 * letters that nobody sees. A run of escapes that holds a secret is taken whole, a hidden one from its first letter to its last.
 */
import { unitText, type UnitText } from '../text/code-units.ts';
import type { SecretMatch } from './match.ts';

const escapes: readonly (readonly [sign: string, run: RegExp])[] = [
  ['%', /(?:%[2-7][0-9a-f]){8,}/gi],
  ['\\u', /(?:\\u00[2-7][0-9a-f]){8,}/gi],
  ['\\x', /(?:\\x[2-7][0-9a-f]){8,}/gi],
];
/** Zero-width characters, soft hyphens and word joiners: no script needs one between two ASCII characters. */
const unseenSign = /[\u00AD\u180E\u200B-\u200F\u2060-\u2064\uFEFF]/;
const unseen = new RegExp(`(?<=[ -~])${unseenSign.source}+(?=[ -~])`, 'g');

/** @param findIn what looks through the text that it reads as */
export function findEscaped(read: UnitText, findIn: (read: UnitText) => readonly SecretMatch[]): SecretMatch[] {
  return [...inEscapes(read, findIn), ...(unseenSign.test(read.signs) ? betweenLetters(read.text, findIn) : [])];
}

function inEscapes({ text }: UnitText, findIn: (read: UnitText) => readonly SecretMatch[]): SecretMatch[] {
  return escapes.flatMap(([sign, run]) => {
    if (!text.includes(sign)) return [];
    return [...text.matchAll(run)].flatMap(({ 0: found, index }) => {
      const width = sign === '\\u' ? 6 : sign.length + 2;
      const codes = Array.from({ length: found.length / width }, (_, at) =>
        Number.parseInt(found.slice((at + 1) * width - 2, (at + 1) * width), 16),
      );
      const [first] = findIn(unitText(codes.map((code) => String.fromCharCode(code)).join('')));
      return first ? [{ rule: first.rule, start: index, end: index + found.length }] : [];
    });
  });
}

function betweenLetters(text: string, findIn: (read: UnitText) => readonly SecretMatch[]): SecretMatch[] {
  const gaps = Array.from(text.matchAll(unseen), ({ 0: { length }, index }) => ({ start: index, length }));
  if (gaps.length === 0) return [];
  let plain = '';
  let from = 0;
  /** Where a gap is in the plain text, and how much was left out until there. */
  const cuts: { at: number; left: number }[] = [];
  let left = 0;
  for (const { start, length } of gaps) {
    plain += text.slice(from, start);
    from = start + length;
    left += length;
    cuts.push({ at: plain.length, left });
  }
  plain += text.slice(from);
  return findIn(unitText(plain)).flatMap(({ rule, start, end }) => {
    const [first, last] = [leftBefore(cuts, start), leftBefore(cuts, end - 1)];
    // Without a gap in it, it was found where it stands.
    return first === last ? [] : [{ rule, start: start + first, end: end + last }];
  });
}

/** How much was left out before a place of the plain text. */
function leftBefore(cuts: readonly { at: number; left: number }[], place: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cuts[middle]?.at ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return cuts[low - 1]?.left ?? 0;
}
