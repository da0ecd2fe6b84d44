/** Private keys in armour. A key whose end was cut off is one, too: it is taken up to where its characters stop. */
import type { SecretMatch } from './match.ts';

const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const endMark = '-----END ';
const endLine = /-----END [A-Z0-9 ]{0,40}-----/y;
/** Base64 with armour headers, and line ends that may be escaped once or twice. */
const body = /[A-Za-z0-9+/=\s\\:,.-]*/y;

export function findPrivateKeys(text: string): SecretMatch[] {
  const matches: SecretMatch[] = [];
  begin.lastIndex = 0;
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    const end = endOf(text, begin.lastIndex);
    // Begin and end with nothing between them name the form of a key.
    if (!text.startsWith(endMark, begin.lastIndex)) matches.push({ rule: 'private-key', start: match.index, end });
    begin.lastIndex = end;
  }
  return matches;
}

function endOf(text: string, from: number): number {
  body.lastIndex = from;
  body.exec(text);
  const bodyEnd = Math.max(from, body.lastIndex);
  // The body's characters include those of the end line's hyphens, so the mark is looked for inside and just behind it.
  const mark = text.slice(from, bodyEnd + endMark.length).indexOf(endMark);
  if (mark < 0) return bodyEnd;
  endLine.lastIndex = from + mark;
  return endLine.test(text) ? endLine.lastIndex : bodyEnd;
}
