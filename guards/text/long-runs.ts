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

/** What a run of base64 says, when all of it is printable ASCII; undefined when not. Looks at its first characters first. */
export function readBase64(run: string): string | undefined {
  // A hostile run may be as long as the text: nothing is done to the whole of it before its beginning reads as text.
  if (!isPrintable(decode(inPlainAlphabet(run.slice(0, 24))))) return undefined;
  const plain = inPlainAlphabet(run);
  const decoded = decode(plain.slice(0, plain.length - (plain.length % 4 === 1 ? 1 : 0)));
  return isPrintable(decoded) ? decoded : undefined;
}

/** What a run of hex digits says, when all of it is printable ASCII; undefined when not. */
export function readHex(run: string): string | undefined {
  if (!/^[2-7][0-9a-f][2-7][0-9a-f]/i.test(run) || !/^(?:[0-9a-f]{2}){8,}$/i.test(run)) return undefined;
  const decoded = run.replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
  return isPrintable(decoded) ? decoded : undefined;
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

function isPrintable(text: string | undefined): text is string {
  return text !== undefined && /^[\t\n\r -~]+$/.test(text);
}
