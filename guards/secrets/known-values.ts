/**
 * Secrets that this process knows, wherever and however they appear: as they are, in base64, percent-encoded, hex, or
 * escaped as in JSON.
 */
import type { SecretMatch } from './match.ts';

/** Shorter values would be found inside ordinary words. */
const minimumLength = 6;

export function findKnownValues(text: string, values: readonly string[]): SecretMatch[] {
  const spellings = new Set(values.filter((value) => value.length >= minimumLength).flatMap(spellingsOf));
  return [...spellings].flatMap((spelling) => occurrencesOf(text, spelling, 'known-value'));
}

/** Every place where the same text stands. */
export function occurrencesOf(text: string, part: string, rule: string): SecretMatch[] {
  const matches: SecretMatch[] = [];
  for (let start = text.indexOf(part); start >= 0; start = text.indexOf(part, start + part.length)) {
    matches.push({ rule, start, end: start + part.length });
  }
  return matches;
}

function spellingsOf(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const escaped = JSON.stringify(value).slice(1, -1);
  const twice = JSON.stringify(escaped).slice(1, -1);
  const wellFormed = value.toWellFormed();
  return [value, escaped, twice, encodeURIComponent(wellFormed), hex, hex.toUpperCase(), ...base64Spellings(bytes)];
}

/** In a longer base64 text a value stands at one of three offsets; the characters it shares with its neighbours are left out. */
function base64Spellings(bytes: Uint8Array): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const shifted = new Uint8Array(offset + bytes.length);
    shifted.set(bytes, offset);
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor((shifted.length * 8) / 6);
    const inner = btoa(String.fromCharCode(...shifted)).slice(first, last);
    return inner.length < minimumLength ? [] : [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
