/**
 * What the encodings in a text say: percent, quoted-printable, entities, escapes, codes, base64 and base32, hex, binary digits, Morse,
 * rotated and reversed letters. Each is looked for only where a sign of it stands. Each view is a guess; none is shown to anybody.
 */
import { longRuns, readBase32, readBase64, readHex, readJoinedWords } from './long-runs.ts';
import type { PlainText } from './plain-letters.ts';

/** Whether words of orders stand in the text, in letters rotated by 13, or backwards. */
export interface Marks {
  rotated: boolean;
  reversed: boolean;
}

const latin1 = new TextDecoder('latin1');
const shortestEncoded = 16;
const hexUnit = '[2-7][0-9a-f]';

interface Encoding {
  /** A text without which there is none of it. */
  holds: string;
  run: RegExp;
  /** What a run says. */
  read: (run: string) => string;
}

/** What is around a run belongs to what it says. */
const encodings: readonly Encoding[] = [
  { holds: '%', run: /(?:%(?:[2-7][0-9a-f]|0[9ad]))+/gi, read: (run) => bytesOf(run.replaceAll('%', '')) },
  // Few characters of a mail are written so, but for what is to be hidden in it; `=6` begins most small letters.
  {
    holds: '=6',
    run: /(?:=(?:[2-7][0-9A-F]|0[9AD])(?:=\r?\n)?){6,}/g,
    read: (run) => bytesOf(run.replaceAll(/=\r?\n|=/g, '')),
  },
  { holds: '&#', run: /&#(x?)([0-9a-f]{1,5});/gi, read: fromEntity },
  {
    holds: '\\',
    run: /(?:(?:\\x|\\u00)[2-7][0-9a-f])+/gi,
    read: (run) => bytesOf(run.replaceAll(/\\x|\\u00/gi, '')),
  },
  { holds: '\\1', run: /(?:\\(?:0?4[0-7]|0?5[0-7]|1[0-7][0-7])){8,}/g, read: (run) => fromCodes(run, /\\(\d+)/g, 8) },
  {
    holds: '0x',
    run: new RegExp(`(?:0x${hexUnit}[ ,]{1,2}){8,}0x${hexUnit}`, 'gi'),
    read: (run) => fromCodes(run, /0x(..)[ ,]{0,2}/gi, 16),
  },
  // Small letters begin so. Eight are the shortest that is read.
  { holds: '011', run: /(?:[01]{8}[ ,]?){8,}/g, read: (run) => fromCodes(run, /([01]{8})[ ,]?/g, 2) },
  { holds: '.-', run: /(?:[.-]{1,5}[ /|]{1,3}){12,}[.-]{1,5}/g, read: fromMorse },
];

const escape = String.fromCharCode(27);
const colour = `${escape}\\[[\\d;]{0,12}m`;
/** What stands between letters and is not shown: every page and console has some of it, so that only the runs are read. */
const drawings: readonly Encoding[] = [
  {
    holds: `${escape}[`,
    run: new RegExp(`[^${escape}\\n]{0,30}(?:${colour}[^${escape}\\n]{0,30}){4,}`, 'g'),
    read: (run) => run.replaceAll(new RegExp(colour, 'g'), ''),
  },
  // `<i>I</i><i>g</i>` is one word.
  { holds: '><', run: /(?:[a-z ,.:](?:<\/?[a-z]{1,6}>){1,3}){6,}/gi, read: (run) => run.replaceAll(/<[^<>]*>/g, '') },
];

/** Those that differ from the text. */
export function decodedViews(whole: PlainText, { rotated, reversed }: Partial<Marks>): string[] {
  const plain = whole.text;
  const views: string[] = [];
  for (const { holds, run, read } of encodings)
    if (plain.includes(holds) && plain.search(run) >= 0) views.push(plain.replaceAll(run, read));
  if (longRuns(whole, 36, 'hex-pairs').length > 0 && /(?<![0-9a-f])(?:[2-7][0-9a-f][ :,-]){12}/i.test(plain))
    views.push(
      plain.replaceAll(/(?:[2-7][0-9a-f][ :,-]){12,}[2-7][0-9a-f]/gi, (run) => bytesOf(run.replaceAll(/[ :,-]/g, ''))),
    );
  for (const { holds, run, read } of drawings)
    if (plain.includes(holds)) views.push((plain.match(run) ?? []).map(read).join('\n'));
  const encoded = longRuns(whole, shortestEncoded).flatMap(({ start, end }) => readRun(plain.slice(start, end)) ?? []);
  if (encoded.length > 0) views.push(encoded.join('\n'));
  if (rotated) views.push(plain.replaceAll(/[a-z]/gi, rotate));
  // All of a line from its end, and each word of it by itself.
  if (reversed) views.push(plain.replaceAll(/[^\n]+/g, backwards), plain.replaceAll(/\S+/g, backwards));
  return views.filter((view) => view !== plain && view !== '');
}

/** What is encoded twice is read twice. */
function readRun(run: string): string | undefined {
  const read =
    readHex(run) ?? (run.length < 24 ? undefined : (readJoinedWords(run) ?? readBase64(run) ?? readBase32(run)));
  if (read === undefined || !/^[A-Za-z0-9+/_-]{24,}={0,2}$/.test(read)) return read;
  return readHex(read) ?? readBase64(read.replace(/=+$/, '')) ?? read;
}

/** @param digits hex digits of characters, two for each */
function bytesOf(digits: string): string {
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16);
  return latin1.decode(bytes);
}

function fromCodes(run: string, code: RegExp, base: number): string {
  const bytes = Uint8Array.from(run.matchAll(code), ([, digits = '']) => Number.parseInt(digits, base));
  return latin1.decode(bytes);
}

function fromEntity(whole: string): string {
  const [, hex, digits = ''] = /^&#(x?)([0-9a-f]+);$/i.exec(whole) ?? [];
  const code = Number.parseInt(digits, hex === '' ? 10 : 16);
  return (code >= 32 || code === 10 || code === 9) && code < 0xd800 ? String.fromCharCode(code) : whole;
}

/** Of `a` to `z` and `0` to `9`. */
const morse = new Map(
  (
    '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. ' +
    '----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.'
  )
    .split(' ')
    .map((sign, index): [string, string] => [sign, 'abcdefghijklmnopqrstuvwxyz0123456789'.charAt(index)]),
);

function fromMorse(run: string): string {
  return run
    .split(/ ?[/|] ?| {3}/)
    .map((word) => Array.from(word.split(' '), (sign) => morse.get(sign) ?? '').join(''))
    .join(' ');
}

function backwards(text: string): string {
  return Array.from(text).reverse().join('');
}

function rotate(letter: string): string {
  const code = letter.charCodeAt(0);
  const base = code < 97 ? 65 : 97;
  return String.fromCharCode(((code - base + 13) % 26) + base);
}
