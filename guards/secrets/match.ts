/** What a secret rule finds: where, and by which rule. Never the text itself: a match may be logged, its text may not. */

export interface SecretMatch {
  rule: string;
  start: number;
  end: number;
}

/** In order, without overlaps: matches that touch the same text become one, named for the one that began first. */
export function mergeMatches(matches: readonly SecretMatch[]): SecretMatch[] {
  const merged: SecretMatch[] = [];
  for (const match of [...matches].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last && match.start < last.end) last.end = Math.max(last.end, match.end);
    else merged.push({ ...match });
  }
  return merged;
}
