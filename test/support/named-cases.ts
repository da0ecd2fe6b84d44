/**
 * Which conformance cases the tests of a file bear in their titles: `V5 port: …`, `P1 R5 T9 invert: …`. A case counts where its
 * test stands, not in a comment, says what was made of it, and asserts something. Reads text as the formatter leaves it.
 */

export interface NamedCase {
  id: string;
  /** What was made of it: the same verdict, the opposite, or the same in our words. Absent: the title does not say. */
  mark: string | undefined;
  /** Whether anything is expected in its body. */
  asserts: boolean;
}

/** A table before the title ends on its own line, or on one that is indented as the first. */
const test =
  /^( *)(?:it|test|describe)(?:\.each(?:<[^\n]*>)?\((?:[^\n]*|[^]*?\n\1\]?)\))?\(\s*['"`](?:P\d )*((?:[A-Z]\d{1,2},? )+)(port|invert|adapt)?/gmu;

export function namedCases(source: string): NamedCase[] {
  return [...source.matchAll(test)].flatMap((found) => {
    const [whole, indent = '', ids = '', mark] = found;
    const asserts = /\bexpect\w*\(/u.test(bodyBehind(source.slice(found.index + whole.length), indent));
    return (ids.match(/[A-Z]\d+/gu) ?? []).map((id) => ({ id, mark, asserts }));
  });
}

/** Up to the line that closes the call, which is indented as the one that began it. */
function bodyBehind(rest: string, indent: string): string {
  const [first = ''] = rest.split('\n', 1);
  if (first.endsWith(');')) return first;
  const end = new RegExp(`^${indent}(?:\\}\\)|\\));$`, 'mu').exec(rest);
  return rest.slice(0, end?.index);
}
