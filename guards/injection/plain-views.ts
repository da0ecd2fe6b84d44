/**
 * What a text says once its disguises are off: hidden characters, accents, look-alike letters, digits for letters, spaced or
 * joined letters, percent and entity encoding, base64, rot13. Each view is a guess; none of them is shown to anybody.
 */
import { latinLetter, lookAlikeLetter } from '../../core/look-alike-letters.ts';
import { longRuns, readBase64, readHex } from '../text/long-runs.ts';

/** What digits and signs stand for between letters; the same for small and capital letters. */
const leet = new Map(Object.entries({ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's' }));
const unleet = byteTable((sign) => leet.get(sign) ?? sign);
/** `a` to `z`, of letters and of what stands for one, with every `l` an `i`; 0 for all others. */
const letterOf = byteTable((sign) => {
  const letter = (leet.get(sign) ?? sign).toLowerCase();
  return letter === 'l' ? 'i' : /[a-z]/.test(letter) ? letter : '\0';
});
/** 1: a letter, 2: a sign that may stand for one. */
const kindOf = byteTable((sign) => (/[a-z]/i.test(sign) ? '\u0001' : leet.has(sign) ? '\u0002' : '\0'));
const latin1 = new TextDecoder('latin1');

const beyondAscii = /[^\0-\x7f]/;
const shortestEncoded = 16;

export interface Views {
  /** The text without disguises of its characters. */
  plain: string;
  /** It again with letters for digits. */
  disguised: string[];
  /** What encodings in it say. */
  decoded: string[];
}

/** Each is given only where it differs from the text. @param rotated whether words of orders stand in it, rotated by 13 */
export function viewsOf(text: string, { rotated }: { rotated: boolean }): Views {
  const plain = beyondAscii.test(text) ? withoutDisguise(text) : text;
  const disguised = [plain, withoutLeet(plain)].filter(
    (view, index, all) => view !== text && all.indexOf(view) === index,
  );
  const views: string[] = [];
  if (plain.includes('%') && /%[2-7][0-9a-f]/i.test(plain))
    views.push(plain.replaceAll(/(?:%(?:[2-7][0-9a-f]|0[9ad]))+/gi, (run) => bytesOf(run.replaceAll('%', ''))));
  if (plain.includes('&#') && /&#x?[0-9a-f]{1,5};/i.test(plain))
    views.push(plain.replaceAll(/&#(x?)([0-9a-f]{1,5});/gi, fromEntity));
  if (plain.includes('\\') && /(?:\\x|\\u00)[2-7][0-9a-f]/i.test(plain))
    views.push(
      plain.replaceAll(/(?:(?:\\x|\\u00)[2-7][0-9a-f])+/gi, (run) => bytesOf(run.replaceAll(/\\x|\\u00/gi, ''))),
    );
  if (/(?<![0-9a-f])(?:[2-7][0-9a-f][ :,-]){12}/i.test(plain))
    views.push(
      plain.replaceAll(/(?:[2-7][0-9a-f][ :,-]){12,}[2-7][0-9a-f]/gi, (run) => bytesOf(run.replaceAll(/[ :,-]/g, ''))),
    );
  const encoded = longRuns(plain, shortestEncoded).flatMap(({ start, end }) => {
    const run = plain.slice(start, end);
    return readHex(run) ?? (run.length >= 24 ? (readBase64(run) ?? []) : []);
  });
  if (encoded.length > 0) views.push(encoded.join('\n'));
  if (rotated) views.push(plain.replaceAll(/[a-z]/gi, rotate));
  return { plain, disguised, decoded: views.filter((view) => view !== plain) };
}

/** Marks go first: a long run of them takes the normaliser longer than its length. */
function withoutDisguise(text: string): string {
  const unmarked = text.replaceAll(/[\p{M}\u00AD\u180E\u200B-\u200F\u2060-\u2064\uFEFF\u{E0000}-\u{E007F}]+/gu, '');
  return unmarked
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(lookAlikeLetter, latinLetter)
    .replaceAll('\u00A0', ' ');
}

/** Letters alone, for words that were spaced, dotted or joined. Every `l` is an `i`: a `1` may stand for either. */
export function lettersOnly(text: string): string {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const letter = code < 128 ? (letterOf[code] ?? 0) : 0;
    if (letter !== 0) {
      bytes[length] = letter;
      length += 1;
    }
  }
  return latin1.decode(bytes.subarray(0, length));
}

/** The lines in which signs stand for letters, read so. An id that is mostly digits is no word. */
function withoutLeet(text: string): string {
  const lines: string[] = [];
  let wordStart = 0;
  let letters = 0;
  let signs = 0;
  let changed = false;
  let lineStart = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : 10;
    const kind = code < 128 ? (kindOf[code] ?? 0) : 0;
    if (kind === 1) letters += 1;
    else if (kind === 2) signs += 1;
    else {
      if (signs > 0 && letters >= signs && at - wordStart >= 3) changed = true;
      wordStart = at + 1;
      letters = 0;
      signs = 0;
      if (code === 10) {
        if (changed) lines.push(unleetLine(text, lineStart, at));
        changed = false;
        lineStart = at + 1;
      }
    }
  }
  return lines.length === 0 ? text : lines.join('\n');
}

function unleetLine(text: string, start: number, end: number): string {
  const bytes = new Uint8Array(end - start);
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    bytes[at - start] = code < 128 ? (isSignByWord(text, at, code) ? (unleet[code] ?? 32) : code) : 32;
  }
  return latin1.decode(bytes);
}

/** A sign beside a letter or beside a sign that is. Three are enough: words do not hold more in a row. */
function isSignByWord(text: string, at: number, code: number): boolean {
  if (kindOf[code] !== 2) return false;
  for (let by = 1; by <= 3; by += 1) {
    if (isLetterAt(text, at - by) || isLetterAt(text, at + by)) return true;
  }
  return false;
}

function isLetterAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 128 && kindOf[code] === 1;
}

function byteTable(of: (sign: string) => string): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => of(String.fromCharCode(code)).charCodeAt(0));
}

/** @param digits hex digits of characters, two for each */
function bytesOf(digits: string): string {
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16);
  return latin1.decode(bytes);
}

function fromEntity(whole: string, hex: string, digits: string): string {
  const code = Number.parseInt(digits, hex === '' ? 10 : 16);
  return (code >= 32 || code === 10 || code === 9) && code < 0xd800 ? String.fromCharCode(code) : whole;
}

function rotate(letter: string): string {
  const code = letter.charCodeAt(0);
  const base = code < 97 ? 65 : 97;
  return String.fromCharCode(((code - base + 13) % 26) + base);
}
