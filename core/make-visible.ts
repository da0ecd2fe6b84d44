/**
 * Text that shows all it holds, on one line that no terminal interprets: control, format, bidirectional, zero-width, blank,
 * private and unassigned characters become `\u{HEX}` (a newline `\n`, a tab `\t`), so do letters that pose as Latin ones,
 * marks piled on one letter, and long padding. A backslash that would spell such an escape is one itself.
 */

import { invisible } from './shows-something.ts';

/** More than three marks on one letter paint over neighbouring lines. */
const piledMark = /(?<=\p{M}{3})\p{M}/gu;
/** Runs of spaces push text out of sight. */
const padding = / {9,}/g;
const word = /[\p{L}\p{M}\p{N}_]+/gu;
/** Alphabets whose letters pass for Latin ones inside a Latin word. */
const posing =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/gu;
/** Full-width and mathematical copies of Latin letters and digits. */
const copied = /[\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A\u{1D400}-\u{1D7FF}]/gu;

/** Never throws; what it shows as `\u{HEX}` was one character, never that text. */
export function makeVisible(text: string): string {
  return text
    .replaceAll(/\\(?=u\{)/g, escapeOf)
    .replaceAll(piledMark, escapeOf)
    .replaceAll(word, (found) => (/\p{Script=Latin}/u.test(found) ? found.replaceAll(posing, escapeOf) : found))
    .replaceAll(copied, escapeOf)
    .replaceAll(invisible, escapeOf)
    .replaceAll(padding, (spaces) => `\\u{20}×${spaces.length}`);
}

/**
 * What `makeVisible` has been through already, from somebody who may be mistaken: it is the same again, and what still hides is
 * an escape. Made visible twice, each escape would be taken for text that spells one.
 */
export function keepVisible(text: string): string {
  return text.replaceAll(invisible, escapeOf);
}

function escapeOf(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}}`;
}
