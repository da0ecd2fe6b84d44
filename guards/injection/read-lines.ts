/**
 * A text with the lines that its writer meant: what JSON writes as `\n` ends one, and what an e-mail or a page breaks at its width
 * does not. Characters are exchanged for others, never added or taken out: a place in it is the same place in the text.
 */
import { orderVerbs } from './order-words.ts';

/** A word of small letters, or a comma behind one. What else a line ends with, such as a number or a path, ends what it says. */
const lastWord = /(?:^|[ \n])[a-z']{1,20},?$/;
/** A name before a colon is a field, or somebody's turn. */
const firstWord = /[a-z']{1,20}(?=[ ,.;)\n])/y;

export function readLines(text: string): string {
  const lines = text.includes('\\n') ? text.replaceAll('\\n', '\n ') : text;
  const parts: string[] = [];
  let from = 0;
  for (let end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n', end + 1)) {
    // The blank is what is left of an end that JSON wrote.
    const next = lines.charCodeAt(end + 1) === 32 ? end + 2 : end + 1;
    if (!isSmall(lines.charCodeAt(next)) || !goesOn(lines, end, next)) continue;
    parts.push(lines.slice(from, end), ' ');
    from = end + 1;
  }
  return from === 0 ? lines : parts.join('') + lines.slice(from);
}

/** An order's verb begins a sentence wherever it begins a line. */
function goesOn(lines: string, end: number, next: number): boolean {
  const last = lines.charCodeAt(end - 1);
  if ((!isSmall(last) && last !== 44) || !lastWord.test(lines.slice(Math.max(0, end - 22), end))) return false;
  firstWord.lastIndex = next;
  const [first] = firstWord.exec(lines) ?? [];
  return first !== undefined && !orderVerbs.has(first);
}

function isSmall(code: number): boolean {
  return code >= 97 && code <= 122;
}
