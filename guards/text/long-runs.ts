/** Long runs of the characters that encodings are written in: base64, base64url, hex, hex in pairs. One look at each character. */
import type { UnitText } from './code-units.ts';

export interface Run {
  start: number;
  end: number;
}

/** Of base64 and hex; of hex in pairs, as `48 65 6c` or `48:65:6c`. */
const alphabets = { encoding: alphabet(/[A-Za-z0-9+/_-]/), 'hex-pairs': alphabet(/[0-9A-Fa-f :,-]/) };

/** 1 for each character of ASCII that fits. */
function alphabet(sign: RegExp): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => (sign.test(String.fromCharCode(code)) ? 1 : 0));
}

/** @param least shortest run that is given */
export function longRuns({ units }: UnitText, least: number, of: keyof typeof alphabets = 'encoding'): Run[] {
  const signs = alphabets[of];
  const runs: Run[] = [];
  const { length } = units;
  // Only every `least`th character need be looked at until one is in a run: a run that long covers one of them.
  for (let probe = least - 1; probe < length; ) {
    if (!isAt(signs, units, probe)) {
      probe += least;
      continue;
    }
    let start = probe;
    while (start > 0 && probe - start < least && isAt(signs, units, start - 1)) start -= 1;
    let end = probe + 1;
    while (end < length && isAt(signs, units, end)) end += 1;
    if (end - start >= least) runs.push({ start, end });
    probe = end + least;
  }
  return runs;
}

function isAt(signs: Uint8Array, units: Uint16Array, at: number): boolean {
  return signs[units[at] ?? 0] === 1;
}

/** What a run of base64 says, when all of it is text; undefined when not. Looks at its first characters first. */
export function readBase64(run: string): string | undefined {
  // A hostile run may be as long as the text: nothing is done to the whole of it before its beginning reads as text.
  if (!reads(decode(inPlainAlphabet(run.slice(0, 24))))) return undefined;
  const plain = inPlainAlphabet(run);
  return textOf(decode(plain.slice(0, plain.length - (plain.length % 4 === 1 ? 1 : 0))));
}

/** Two characters of UTF-8 at its beginning, as most digests do not have them. */
const textInHex =
  /^(?:[2-7][0-9a-f]|0[9ad]|(?:c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]|e[0-9a-f](?:[89ab][0-9a-f]){2}|f[0-4](?:[89ab][0-9a-f]){3}){2}/i;

/** What a run of hex digits says, when all of it is text; undefined when not. */
export function readHex(run: string): string | undefined {
  if (!textInHex.test(run) || !/^(?:[0-9a-f]{2}){8,}$/i.test(run)) return undefined;
  return textOf(run.replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16))));
}

function inPlainAlphabet(run: string): string {
  return run.replaceAll('-', '+').replaceAll('_', '/');
}

function decode(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}

/** UTF-8, a character for each byte, without control characters; behind it what a cut leaves of the last letter. */
const utf8 =
  /^(?:[\t\n\r -~]|\u00C2[\u00A0-\u00BF]|[\u00C3-\u00DF][\u0080-\u00BF]|[\u00E0-\u00EF][\u0080-\u00BF]{2}|[\u00F0-\u00F4][\u0080-\u00BF]{3})+(?:[\u00C2-\u00F4][\u0080-\u00BF]{0,2})?$/;
const letterInUtf8 = /[\u00C2-\u00F4][\u0080-\u00BF]*/g;

function reads(bytes: string | undefined): boolean {
  return bytes !== undefined && (/^[\t\n\r -~]+$/.test(bytes) || utf8.test(bytes));
}

/** Printable ASCII as it is, and UTF-8 without control characters: one letter beyond ASCII must not hide all the others. */
function textOf(bytes: string | undefined): string | undefined {
  if (bytes === undefined || /^[\t\n\r -~]+$/.test(bytes)) return bytes;
  return utf8.test(bytes) ? bytes.replaceAll(letterInUtf8, letterOf) : undefined;
}

/** What is no letter, or only a part of one, becomes a sign that stands for nothing. */
function letterOf(bytes: string): string {
  const first = bytes.charCodeAt(0);
  const lead = first < 0xe0 ? first & 0x1f : first < 0xf0 ? first & 0x0f : first & 0x07;
  const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  if (bytes.length !== more + 1) return '\uFFFD';
  let code = lead;
  for (let at = 1; at < bytes.length; at += 1) code = (code << 6) | (bytes.charCodeAt(at) & 0x3f);
  return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\uFFFD' : String.fromCodePoint(code);
}
