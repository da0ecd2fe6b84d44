/**
 * What is compared when a value is looked for in a text: letters and digits alone, in small letters, without disguises, so that
 * case, spaces, quotes and signs between them do not hide it; and the words of the text, for values too short for that.
 */
import { unitText } from '../text/code-units.ts';
import { viewsOf } from '../text/plain-views.ts';

/** The text as it reads, and what base64, hex, percent and entity encodings in it say. */
export function readingsOf(text: string): string[] {
  const { plain, decoded } = viewsOf(unitText(text.toWellFormed()), { rotated: false });
  return [plain.text, ...decoded];
}

/** Letters and digits; beyond ASCII everything is kept, because what is a letter there is not told by its number. */
export function foldedUnits(reading: string): Uint16Array {
  const { units } = unitText(reading.toLowerCase());
  const folded = new Uint16Array(units.length);
  let length = 0;
  for (let at = 0; at < units.length; at += 1) {
    const unit = units[at] ?? 0;
    folded[length] = unit;
    length += (unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57) || unit > 0xa0 ? 1 : 0;
  }
  return folded.subarray(0, length);
}

/** Longer ones are found by their letters. */
const longestWord = 200;
const between = /[\s"'`<>(){}[\]|,;\\]+/u;
const edges = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** Words in small letters, and the parts of those that have some, such as the host of an address. */
export function* wordsOf(reading: string): Generator<string> {
  for (const piece of reading.toLowerCase().split(between)) {
    if (piece.length < shortestWord || piece.length > longestWord) continue;
    const word = piece.replaceAll(edges, '');
    if (word.length >= shortestWord) yield word;
    const parts = word.split(/[/?&=:#@]+/u);
    for (const part of parts.length > 1 ? parts : []) if (part.length >= shortestWord) yield part;
  }
}

/** Shorter values stand in any text. */
export const shortestWord = 4;

/** A host, an address, a path, an id: something that nobody writes by chance, as one does `status`. */
export function isDistinctive(word: string): boolean {
  return /[^\p{L}\p{N}_-]/u.test(word)
    ? word.length >= 6
    : word.length >= 6 && /\p{N}/u.test(word) && /\p{L}/u.test(word);
}
