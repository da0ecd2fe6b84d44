/** What a secret rule finds: where, and by which rule. Never the text itself: a match may be logged, its text may not. */

export interface SecretMatch {
  rule: string;
  start: number;
  end: number;
}

/**
 * How many secrets one rule tells apart in a text. Far above what a file of settings holds; a text with more was made to make
 * the search slow, or is one great secret, and is taken out whole from there on.
 */
export function mostMatches(text: string): number {
  return 1000 + Math.floor(text.length / 256);
}

/** What stands for all the rest of such a text. */
export function restOf(text: string, start: number): SecretMatch {
  return { rule: 'crowded-text', start, end: text.length };
}

/**
 * In order, without overlaps: matches that touch the same text become one, named for the one that began first; a form says more than
 * the name beside it.
 */
export function mergeMatches(matches: readonly SecretMatch[]): SecretMatch[] {
  const merged: SecretMatch[] = [];
  for (const match of [...matches].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last && match.start < last.end) {
      if (last.rule === 'assignment' && last.start === match.start) last.rule = match.rule;
      last.end = Math.max(last.end, match.end);
    } else merged.push({ ...match });
  }
  return merged;
}

/** What a redaction left, with a key or without. */
export const mark = /\[secret:[a-z0-9-]{1,40}(?::[0-9a-f]{4})?\]/g;

/**
 * Matches with the marks of an earlier redaction cut out: a mark is no secret, but what stands beside one may be.
 *
 * @param matches in order, without overlaps
 */
export function cutOutMarks(text: string, matches: readonly SecretMatch[]): SecretMatch[] {
  const marks = Array.from(text.matchAll(mark), ({ 0: { length }, index }) => ({ start: index, end: index + length }));
  if (marks.length === 0) return [...matches];
  const kept: SecretMatch[] = [];
  let next = 0;
  for (const { rule, start, end } of matches) {
    while ((marks[next]?.end ?? Infinity) <= start) next += 1;
    let from = start;
    for (let at = next; (marks[at]?.start ?? Infinity) < end; at += 1) {
      const { start: markStart, end: markEnd } = marks[at] ?? { start: end, end };
      keep(rule, from, markStart);
      from = markEnd;
    }
    if (from === start) kept.push({ rule, start, end });
    else keep(rule, from, end);
  }
  return kept;

  function keep(rule: string, start: number, end: number): void {
    if (start < end && text.slice(start, end).trim() !== '') kept.push({ rule, start, end });
  }
}
