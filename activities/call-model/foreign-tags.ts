/**
 * Takes what reads as one of our own tags out of somebody else's text, also where it is only alike to the eye: other brackets,
 * letters and hyphens that look the same, characters nobody sees in between. The attacker writes the whole text; a model reads
 * `＜/tооl-result＞` as the end of its context just as it reads the real one. Everything else of the text stays as it is.
 */
import { latinLetter, lookAlikeLetter } from '../../core/look-alike-letters.ts';

/** ASCII, full width and small forms, and quotation and angle brackets that look like them. */
const opening = /[<\uFF1C\uFE64\u02C2\u2039\u2329\u276C\u276E\u2770\u27E8\u27EA\u29FC\u3008\u300A\u1438]/gu;
const unseen = /[\p{M}\p{C}\p{Default_Ignorable_Code_Point}]/u;
const blank = /[\p{Z}\s]/u;
const hyphen = /[\p{Pd}_\u2043\u2212\u30FB]/u;
const slash = /[/\\\u2044\u2215\u29F8\uFF0F\uFF3C\u2571]/u;
/** Stands for a letter of another alphabet that may look like any of ours. */
const anyLetter = '*';

/** @returns the text with `&lt;` for each bracket that opens or closes one of the tags to the eye */
export function withoutTags(text: string, tags: readonly string[]): string {
  const names = tags.map(lettersOf);
  return text.replaceAll(opening, (bracket, at: number) => (opensTag(text, at + 1, names) ? '&lt;' : bracket));
}

/** Stops at the first sign that fits none of them: a text of nothing but brackets costs no more than its length. */
function opensTag(text: string, from: number, names: readonly string[]): boolean {
  let read = '';
  let closes = false;
  for (let at = from; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    at += code > 0xffff ? 2 : 1;
    const sign = signs.get(code) ?? lookedAt(code);
    if (read === '' && sign.kind === 'slash') closes = true;
    // Code has `<Tool result=`: two words are a tag only where they close one.
    else if (sign.kind === 'blank' && (read === '' || closes)) continue;
    else if (sign.kind === 'letters') {
      read += sign.letters;
      const fitting = names.filter((name) => fits(read, name));
      if (fitting.length === 0) return false;
      if (fitting.some((name) => read.length >= name.length)) return isMostlyLatin(read);
    } else if (sign.kind !== 'nothing') return false;
  }
  return false;
}

interface Sign {
  kind: 'letters' | 'blank' | 'slash' | 'nothing' | 'other';
  letters: string;
}

/** Of ASCII, which most brackets stand before. */
const signs = new Map(Array.from({ length: 128 }, (_, code) => [code, lookedAt(code)]));

function lookedAt(code: number): Sign {
  const sign = String.fromCodePoint(code);
  const letters = lettersOf(sign);
  if (letters !== '') return { kind: 'letters', letters };
  // Line ends are control characters, and blanks.
  if (blank.test(sign)) return { kind: 'blank', letters };
  if (unseen.test(sign) || hyphen.test(sign)) return { kind: 'nothing', letters };
  return { kind: slash.test(sign) ? 'slash' : 'other', letters };
}

function fits(read: string, name: string): boolean {
  const length = Math.min(read.length, name.length);
  for (let at = 0; at < length; at += 1) if (read[at] !== name[at] && read[at] !== anyLetter) return false;
  return true;
}

/** Of other alphabets alone it is a word of theirs. */
function isMostlyLatin(read: string): boolean {
  return read.replaceAll(anyLetter, '').length * 2 >= read.length;
}

/** Small Latin letters, with one for those that nobody tells apart: `i`, `l`, `1`, and `o`, `0`; other letters as any one. */
function lettersOf(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(lookAlikeLetter, latinLetter)
    .toLowerCase()
    .replaceAll(/[i1|]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll(/[^\p{ASCII}\P{L}]/gu, anyLetter)
    .replaceAll(/[^a-z*]/g, '');
}
