/**
 * What a text says once its disguises are off: hidden characters, accents, look-alike letters, digits for letters, spaced or
 * joined letters, and what its encodings say. Each view is a guess; none of them is shown to anybody.
 */
import type { UnitText } from './code-units.ts';
import { decodedViews, type Marks } from './decoded-views.ts';
import { type PlainText, withoutDisguise } from './plain-letters.ts';

/** What digits and signs stand for between letters; the same for small and capital letters. */
const leet = new Map(Object.entries({ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's' }));
const withoutSign = byteTable((sign) => leet.get(sign) ?? sign);
/** `a` to `z`, of letters and of what stands for one, with every `l` an `i`; 0 for all others. */
const letterOf = byteTable((sign) => {
  const letter = (leet.get(sign) ?? sign).toLowerCase();
  return letter === 'l' ? 'i' : /[a-z]/.test(letter) ? letter : '\0';
});
/** Bits of a unit: a letter, a sign that may stand for one, a blank. */
const [letterUnit, signUnit, blankUnit] = [1, 2, 4];
const kindOf = byteTable((sign) =>
  String.fromCharCode(
    /[a-z]/i.test(sign) ? letterUnit : leet.has(sign) ? signUnit : /[ \t]/.test(sign) ? blankUnit : 0,
  ),
);
const [blank, tab, lineFeed] = [32, 9, 10];
const latin1 = new TextDecoder('latin1');
/** Units that are looked through before what was found in them is read. */
const chunk = 8192;

export interface Views {
  /** The text without disguises of its characters. */
  plain: PlainText;
  /** It again with letters for digits, and with single blanks: those of its lines that differ. */
  disguised: string[];
  /** What encodings in it say. */
  decoded: string[];
}

/** Each is given only where it differs from the text. @param marks which words of orders stand in it, written otherwise */
export function viewsOf(given: UnitText, marks: Partial<Marks>): Views {
  const whole = given.isAscii ? given : withoutDisguise(given);
  const plain = whole.text;
  const { unleet, spaced } = linesReadAgain(whole);
  const disguised = [plain, unleet, spaced].filter(
    (view, index, all) => view !== '' && view !== given.text && all.indexOf(view) === index,
  );
  return { plain: whole, disguised, decoded: decodedViews(whole, marks) };
}

/** Letters alone, for words that were spaced, dotted or joined. Every `l` is an `i`: a `1` may stand for either. */
export function lettersOnly({ units }: PlainText): Uint16Array {
  const letters = new Uint16Array(units.length);
  let length = 0;
  // Without a branch for each unit: a letter is kept by moving on behind it.
  for (let at = 0; at < units.length; at += 1) {
    const letter = letterOf[units[at] ?? 0] ?? 0;
    letters[length] = letter;
    // 1 of every letter, 0 of none: a condition here would be a branch, guessed wrong at every blank.
    length += (letter + 255) >> 8;
  }
  return letters.subarray(0, length);
}

/** The lines in which signs stand for letters, read so, and those with more space between their words, with one blank for each. */
function linesReadAgain({ text, units }: PlainText): { unleet: string; spaced: string } {
  const places = new Int32Array(Math.min(chunk, units.length));
  const spaced: string[] = [];
  let spacedFrom = 0;
  let unleet = new Uint8Array(0);
  let length = 0;
  // In a word that is read otherwise, a sign stands beside a letter.
  let from = 0;
  for (let start = 0; start < units.length; start += chunk) {
    const count = findPairs(units, places, start);
    for (let index = 0; index < count; index += 1) {
      const at = places[index] ?? 0;
      if (kindAt(units, at) === blankUnit) {
        if (at < spacedFrom) continue;
        const line = lineAround(text, at);
        spacedFrom = line.end;
        spaced.push(text.slice(line.start, line.end).replaceAll(/[ \t]{2,}/g, ' '));
        continue;
      }
      if (at < from) continue;
      const { end, isWord } = wordAround(units, at, from);
      from = end;
      if (!isWord) continue;
      const line = lineAround(text, end - 1);
      from = line.end;
      if (length === 0) unleet = new Uint8Array(units.length - line.start);
      else unleet[length++] = lineFeed;
      length = unleetLine(units, line, unleet, length);
    }
  }
  return { unleet: latin1.decode(unleet.subarray(0, length)), spaced: spaced.join('\n') };
}

function lineAround(text: string, at: number): { start: number; end: number } {
  const end = text.indexOf('\n', at);
  return { start: text.lastIndexOf('\n', at) + 1, end: end < 0 ? text.length : end };
}

/**
 * Places from `start` on of a sign behind a letter, a letter behind a sign and a blank behind a blank, and how many; without a
 * branch for each unit.
 */
function findPairs(units: Uint16Array, places: Int32Array, start: number): number {
  const end = Math.min(start + chunk, units.length);
  let before = kindAt(units, start - 1);
  let count = 0;
  for (let at = start; at < end; at += 1) {
    const kind = kindOf[units[at] ?? 0] ?? 0;
    places[count] = at;
    // Only a letter beside a sign has both of their bits, only two blanks have theirs in common.
    const both = before | kind;
    count += (both & (both >> 1) & 1) | ((before & kind) >> 2);
    before = kind;
  }
  return count;
}

/** Three characters at least, and not more signs than letters. @param from where the word cannot begin before */
function wordAround(units: Uint16Array, at: number, from: number): { end: number; isWord: boolean } {
  let start = at;
  let letters = 0;
  let signs = 0;
  while (start > from && isOfWord(units, start - 1)) start -= 1;
  let end = start;
  for (; end < units.length && isOfWord(units, end); end += 1) {
    if (kindAt(units, end) === letterUnit) letters += 1;
    else signs += 1;
  }
  return { end, isWord: letters >= signs && end - start >= 3 };
}

function isOfWord(units: Uint16Array, at: number): boolean {
  return (kindAt(units, at) & (letterUnit | signUnit)) !== 0;
}

/** Writes a line behind what there is, with one blank where several stand. @returns where it ends */
function unleetLine(
  units: Uint16Array,
  { start, end }: { start: number; end: number },
  lines: Uint8Array,
  length: number,
): number {
  let to = length;
  for (let at = start; at < end; at += 1) {
    const unit = units[at] ?? 0;
    let read = unit < 128 ? unit : blank;
    if (kindOf[unit] === signUnit && isSignByWord(units, at)) read = withoutSign[unit] ?? blank;
    if (isBlank(read) && to > length && isBlank(lines[to - 1] ?? 0)) lines[to - 1] = blank;
    else lines[to++] = read;
  }
  return to;
}

function isBlank(unit: number): boolean {
  return unit === blank || unit === tab;
}

/** A sign beside a letter or beside a sign that is. Three are enough: words do not hold more in a row. */
function isSignByWord(units: Uint16Array, at: number): boolean {
  for (let by = 1; by <= 3; by += 1) {
    if (kindAt(units, at - by) === letterUnit || kindAt(units, at + by) === letterUnit) return true;
  }
  return false;
}

/** 0 outside the text, too. */
function kindAt(units: Uint16Array, at: number): number {
  return kindOf[units[at] ?? 0] ?? 0;
}

/** For every unit, so that no look-up falls beside it: those beyond ASCII are 0. */
function byteTable(of: (sign: string) => string): Uint8Array {
  const table = new Uint8Array(1 << 16);
  for (let code = 0; code < 128; code += 1) table[code] = of(String.fromCharCode(code)).charCodeAt(0);
  return table;
}
