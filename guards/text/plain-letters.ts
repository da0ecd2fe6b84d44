/**
 * A text without the disguises of its single characters: hidden ones and marks left out, letters for what looks like them. Each
 * character is worked out once and kept in a table, so that the cost of a text is one look-up for each of its units.
 */
import { latinLetter, lookAlikeLetter } from '../../core/look-alike-letters.ts';
import type { UnitText } from './code-units.ts';

/** Whoever looks through its text again reads its signs then. */
export type PlainText = Omit<UnitText, 'signs'>;

const latin1 = new TextDecoder('latin1');
const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });

/**
 * Nobody sees them, or they stand for whole words of Arabic and Japanese (`U+FDFA` is eighteen letters): no Latin letter is in
 * one. Of marks the order is lost with them, so that a character means the same whatever stands beside it.
 */
const leftOut = /[\p{M}\uFDF0-\uFDFC\u3300-\u3357\u00AD\u180E\u200B-\u200F\u2060-\u2064\uFEFF\u{E0000}-\u{E007F}]/u;
const marks = /\p{M}+/gu;
/** Letters of Latin that no normal form takes apart, of which languages and disguises make use: `ıgnore`, `ᴅᴇʟᴇᴛᴇ`. */
const ofLatin = new Map<string, string>(
  Object.entries({
    ı: 'i',
    ł: 'l',
    Ł: 'L',
    đ: 'd',
    Đ: 'D',
    ø: 'o',
    Ø: 'O',
    ß: 'ss',
    æ: 'ae',
    Æ: 'AE',
    œ: 'oe',
    ħ: 'h',
    ƙ: 'k',
  }),
);
for (const [index, sign] of Array.from('ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ').entries())
  ofLatin.set(sign, 'abcdefghijklmnoprstuvwyz'.charAt(index));
const letterOfLatin = new RegExp(`[${[...ofLatin.keys()].join('')}]`, 'gu');

/** In the table beside units: nothing yet, nothing, several units, half of a pair. */
const [unknown, none, several, half] = [-1, -2, -3, -4];
/** By unit; filled as texts need it. */
const plainUnits = new Int32Array(1 << 16).fill(unknown);
/** Of characters that become several, and of those beyond the first plane. */
const plainTexts = new Map<number, string>();
/** Of characters of other planes; a hostile text may hold a million. */
const mostKept = 1 << 17;

export function withoutDisguise({ units }: UnitText): PlainText {
  let out = new Uint16Array(units.length + 64);
  let length = 0;
  let all = 0;
  for (let at = 0; at < units.length; at += 1) {
    const unit = units[at] ?? 0;
    let plain = plainUnits[unit] ?? unknown;
    if (plain === unknown) plain = learn(unit);
    if (plain >= 0) {
      const run = copyPlain(units, at, out, length);
      at += run.count - 1;
      length += run.count;
      all |= run.all;
      continue;
    }
    if (plain === none) continue;
    let code = unit;
    if (plain === half) {
      code = (unit - 0xd800) * 0x400 + ((units[at + 1] ?? 0) - 0xdc00) + 0x10000;
      at += 1;
    }
    const text = plainTexts.get(code) ?? learnText(code);
    // There is always room for a unit for each that is left.
    while (length + text.length + units.length - at > out.length) out = larger(out);
    for (let index = 0; index < text.length; index += 1) {
      const one = text.charCodeAt(index);
      out[length] = one;
      length += 1;
      all |= one;
    }
  }
  const read = out.subarray(0, length);
  const isAscii = all < 128;
  return { text: isAscii ? latin1.decode(new Uint8Array(read)) : utf16.decode(read), units: read, isAscii };
}

/** Those from `at` on that are known to stand for one unit: most of any text. @returns how many, and the bits of all */
function copyPlain(units: Uint16Array, at: number, out: Uint16Array, length: number): { count: number; all: number } {
  const most = units.length - at;
  let all = 0;
  let count = 0;
  for (; count < most; count += 1) {
    const plain = plainUnits[units[at + count] ?? 0] ?? unknown;
    if (plain < 0) break;
    out[length + count] = plain;
    all |= plain;
  }
  return { count, all };
}

function larger(units: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const more = new Uint16Array(units.length * 2);
  more.set(units);
  return more;
}

function learn(unit: number): number {
  const text = unit >= 0xd800 && unit < 0xdc00 ? undefined : learnText(unit);
  const plain = text === undefined ? half : text.length > 1 ? several : text === '' ? none : text.charCodeAt(0);
  plainUnits[unit] = plain;
  return plain;
}

function learnText(code: number): string {
  const sign = String.fromCodePoint(code);
  const text = leftOut.test(sign)
    ? ''
    : sign
        .normalize('NFKD')
        .replaceAll(marks, '')
        .replaceAll('\u00A0', ' ')
        .replaceAll(lookAlikeLetter, latinLetter)
        .replaceAll(letterOfLatin, (letter) => ofLatin.get(letter) ?? letter);
  if (plainTexts.size < mostKept) plainTexts.set(code, text);
  return text;
}
