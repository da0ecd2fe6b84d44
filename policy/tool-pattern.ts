/**
 * Tool names in a policy: exact, or a pattern in which `*` stands for any characters and `?` for one. Names are compared
 * exactly, never by case; matching takes time proportional to name times pattern and uses no regular expression.
 */

/** A tool's name; whoever asks about another form of name is refused. */
export const toolNamePattern = /^[a-z][a-z0-9_]{0,63}$/;
/** A name or a pattern of names. */
export const toolPatternPattern = /^[a-z*?][a-z0-9_*?]{0,63}$/;

export function matchesTool(pattern: string, name: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const expected = pattern[inPattern];
    if (expected === '*') {
      star = inPattern;
      resume = at;
      inPattern += 1;
    } else if (expected !== undefined && (expected === '?' || expected === name[at])) {
      at += 1;
      inPattern += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      inPattern = star + 1;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern += 1;
  return inPattern === pattern.length;
}

/** Whether every name that `narrow` matches is matched by `wide` too; false where that cannot be told by the text alone. */
export function coversPattern(wide: string, narrow: string): boolean {
  // A `?` of the wide one would take a `*` of the narrow one for a single character.
  if (wide.includes('?') && narrow.includes('*')) return wide === narrow;
  return matchesTool(wide, narrow);
}
