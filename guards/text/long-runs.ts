/** Long runs of the characters that encodings are written in: base64, base64url, hex, hex in pairs. One look at each character. */
import type { UnitText } from './code-units.ts';

export interface Run {
  start: number;
  end: number;
}

/** Of base64 and hex; of hex in pairs, as `48 65 6c` or `48:65:6c`. */
const alphabets = { encoding: alphabet(/[A-Za-z0-9+/_-]/), 'hex-pairs': alphabet(/[0-9A-Fa-f :,-]/) };

/** 1 for each unit that fits, all of them of ASCII: a look beside the table would cost more than the look. */
function alphabet(sign: RegExp): Uint8Array {
  return Uint8Array.from({ length: 1 << 16 }, (_, code) =>
    code < 128 && sign.test(String.fromCharCode(code)) ? 1 : 0,
  );
}

/** @param least shortest run that is given */
export function longRuns(
  { units }: Pick<UnitText, 'units'>,
  least: number,
  of: keyof typeof alphabets = 'encoding',
): Run[] {
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
  if (run.length > 200 && textOf(decode(inPlainAlphabet(run.slice(0, 24)))) === undefined) return undefined;
  const plain = inPlainAlphabet(run);
  return textOf(decode(plain.slice(0, plain.length - (plain.length % 4 === 1 ? 1 : 0))));
}

/** What a run of base32 (RFC 4648) says, when all of it is text; undefined when not. Looks at its first characters first. */
export function readBase32(run: string): string | undefined {
  if (!/^(?:[A-Z2-7]{24}|[a-z2-7]{24})/.test(run) || textOf(bytesOfBase32(run.slice(0, 24))) === undefined)
    return undefined;
  return /^(?:[A-Z2-7]+|[a-z2-7]+)$/.test(run) ? textOf(bytesOfBase32(run)) : undefined;
}

/** What is left over of the last character is no byte. */
function bytesOfBase32(run: string): string {
  const bytes = new Uint8Array(Math.floor((run.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let length = 0;
  for (let at = 0; at < run.length; at++) {
    const code = run.charCodeAt(at);
    // `A` to `Z` or `a` to `z`, and `2` to `7` behind them.
    held = ((held << 5) | (code < 0x40 ? code - 24 : (code & 0x1f) - 1)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = held >> bits;
  }
  const parts: string[] = [];
  for (let at = 0; at < length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return parts.join('');
}

/** Two characters of UTF-8 at its beginning, as most digests do not have them. */
const textInHex =
  /^(?:[2-7][0-9a-f]|0[9ad]|(?:c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]|e[0-9a-f](?:[89ab][0-9a-f]){2}|f[0-4](?:[89ab][0-9a-f]){3}){2}/i;

/** What a run of hex digits says, when all of it is text; undefined when not. */
export function readHex(run: string): string | undefined {
  if (!textInHex.test(run) || !/^(?:[0-9a-f]{2}){8,}$/i.test(run)) return undefined;
  return textOf(run.replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16))));
}

/** Words that hyphens, underscores or plus signs join, as in names of branches, files and queries: six of them are a sentence, fewer are a name. */
export function readJoinedWords(run: string): string | undefined {
  const name = run.slice(run.lastIndexOf('/') + 1);
  return /^(?:[a-z]{1,20}[-_+]){5,}[a-z]{1,20}[-_+]?$/i.test(name) ? name.replaceAll(/[-_+]/g, ' ') : undefined;
}

function inPlainAlphabet(run: string): string {
  return /[-_]/.test(run) ? run.replaceAll('-', '+').replaceAll('_', '/') : run;
}

function decode(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}

/** Printable ASCII, and UTF-8 without control characters: one letter beyond ASCII must not hide all the others. */
function textOf(bytes: string | undefined): string | undefined {
  if (bytes === undefined || plainAscii.test(bytes)) return bytes;
  // UTF-16, as PowerShell takes its encoded commands.
  return asciiInPairs.test(bytes) ? bytes.replaceAll('\0', '') : fromUtf8(bytes);
}

const plainAscii = /^[\t\n\r -~]+$/;
const asciiInPairs = /^(?:[\t\n\r -~]\0){8,}.?$/s;
const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });
const replacement = 0xfffd;
/** Most runs are short, and a text may hold ten thousands: those share their place, and need no decoder. */
const fewUnits = 512;
const few = new Uint16Array(fewUnits);

/**
 * A character for each byte to the text they say; undefined where they are none. What only a cut leaves of the last letter, half of a
 * pair, and what is written longer than it need be becomes a sign that stands for nothing: it hides none of the others.
 */
function fromUtf8(bytes: string): string | undefined {
  const units = bytes.length > few.length ? new Uint16Array(bytes.length) : few;
  let length = 0;
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes.charCodeAt(at);
    if (lead < 0x80) {
      if (lead < 0x20 ? lead !== 9 && lead !== 10 && lead !== 13 : lead === 0x7f) return undefined;
      units[length++] = lead;
      at += 1;
      continue;
    }
    if (lead < 0xc2 || lead > 0xf4) return undefined;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let code = lead & (0x3f >> more);
    let end = at + 1;
    for (; end <= at + more && end < bytes.length; end += 1) {
      const byte = bytes.charCodeAt(end);
      if ((byte & 0xc0) !== 0x80) return undefined;
      code = (code << 6) | (byte & 0x3f);
    }
    const isWhole = end === at + more + 1;
    if (isWhole && code >= 0x80 && code < 0xa0) return undefined;
    at = end;
    if (!isWhole || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) units[length++] = replacement;
    else if (code < 0x10000) units[length++] = code;
    else {
      units[length++] = 0xd7c0 + (code >> 10);
      units[length++] = 0xdc00 | (code & 0x3ff);
    }
  }
  const read = units.subarray(0, length);
  return length > fewUnits ? utf16.decode(read) : String(Reflect.apply(String.fromCharCode, String, read));
}
