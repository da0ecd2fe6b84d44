/**
 * Values in arguments that a person cannot judge by reading them: long base64 or hex, and text that is mostly hidden
 * characters. They are named by path, length and digest; what they hold is not decided here. Never throws.
 */
import type { OpaqueValue } from '../contracts/approval.ts';
import { digestText } from '../digest.ts';
import { jsonOrUndefined } from '../json-or-undefined.ts';
import { makeVisible } from '../make-visible.ts';

/** Longer runs are no id, key name or digest that a reader knows; a SHA-512 in hex has 128 characters. */
const encoded = /(?<base64>[A-Za-z0-9+/_-]{160,}={0,2})/u;
const hex = /^[0-9a-fA-F]+$/u;
/** Text of which this part or more is hidden characters. */
const hiddenPart = 0.25;
const judgedFrom = 64;
const mostNamed = 20;
const longestPath = 200;

/** @param text JSON; anything else has no values and is shown as it is. In the order of the text, at most 20. */
export function opaqueValues(text: string): OpaqueValue[] {
  const found: OpaqueValue[] = [];
  const walk = (value: unknown, path: string): void => {
    if (found.length >= mostNamed) return;
    if (typeof value === 'string') {
      const why = whyOpaque(value);
      if (why) {
        found.push({ path: path.slice(0, longestPath), why, length: value.length, digest: digestText('body', value) });
      }
    } else if (Array.isArray(value)) {
      for (const [index, part] of value.entries()) walk(part, `${path}/${index}`);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, part] of Object.entries(value)) {
        walk(name, `${path} (a name)`);
        walk(part, `${path}/${pointerPart(name)}`);
      }
    }
  };
  walk(jsonOrUndefined(text), '');
  return found;
}

function whyOpaque(value: string): OpaqueValue['why'] | undefined {
  if (value.length < judgedFrom) return undefined;
  const run = encoded.exec(value)?.groups?.['base64'];
  // One letter over and over, or words joined by dashes, hide nothing.
  if (run !== undefined && looksEncoded(run)) return hex.test(run) ? 'hex' : 'base64';
  const shown = makeVisible(value);
  const hidden = (shown.length - value.length) / 5;
  return hidden / value.length >= hiddenPart ? 'hidden-characters' : undefined;
}

/** Encoded bytes mix digits and letters, and use many of the 64 signs. */
function looksEncoded(run: string): boolean {
  const signs = new Set(run);
  return hex.test(run) ? signs.size >= 8 : signs.size >= 20 && /[0-9]/u.test(run) && /[A-Z]/u.test(run);
}

/** RFC 6901. */
function pointerPart(name: string): string {
  return name.slice(0, longestPath).replaceAll('~', '~0').replaceAll('/', '~1');
}
