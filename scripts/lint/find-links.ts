/**
 * Finds relative links of a Markdown page that lead nowhere: a missing file, or a heading that the page does not have.
 * Links in code are examples and are left alone; other sites are never asked.
 */
export type BrokenLink = { readonly line: number; readonly target: string };

/** @param read - content of a linked file, '' being the page itself; undefined when there is none */
export function findBrokenLinks(page: string, read: (target: string) => string | undefined): readonly BrokenLink[] {
  return withoutCode(page).flatMap((content, index) =>
    linksOf(content)
      .filter((target) => !/^[a-z][a-z0-9+.-]*:/iu.test(target) && !leadsSomewhere(target, read))
      .map((target) => ({ line: index + 1, target })),
  );
}

function leadsSomewhere(target: string, read: (target: string) => string | undefined): boolean {
  const [path = '', heading] = target.split('#', 2);
  const content = read(decodeURIComponent(path.split('?')[0] ?? ''));
  if (content === undefined) return false;
  return !heading || content === '' || headingsOf(content).has(heading.toLowerCase());
}

function linksOf(line: string): readonly string[] {
  const inline = [...line.matchAll(/\]\(\s*<?([^()\s<>]+(?:\([^()\s]*\)[^()\s<>]*)?)>?(?:\s+["'][^"']*["'])?\s*\)/gu)];
  const references = [...line.matchAll(/^\s{0,3}\[[^\]^]+\]:\s*<?(\S+?)>?(?:\s|$)/gu)];
  return [...inline, ...references].flatMap((match) => match[1] ?? []);
}

/** Anchors as the usual hosts make them: lower case, punctuation gone, spaces as hyphens, repeats numbered. */
function headingsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>(
    [...page.matchAll(/<a\s+(?:id|name)="([^"]+)"/gu)].flatMap((match) => match[1] ?? []),
  );
  const seen = new Map<string, number>();
  for (const line of withoutFences(page)) {
    const title = /^#{1,6}\s+(.*?)\s*#*$/u.exec(line)?.[1];
    if (title === undefined) continue;
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/gu, '$1').toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/gu, '-');
    const repeats = seen.get(anchor) ?? 0;
    seen.set(anchor, repeats + 1);
    anchors.add(repeats === 0 ? anchor : `${anchor}-${repeats}`);
  }
  return anchors;
}

function withoutCode(page: string): readonly string[] {
  return withoutFences(page).map((line) => line.replace(/(`+)[^`]+?\1/gu, ''));
}

function withoutFences(page: string): readonly string[] {
  let fence: string | undefined;
  return page.split('\n').map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/u.exec(line)?.[1];
    if (mark && fence === undefined) fence = mark;
    else if (fence !== undefined) fence = mark?.startsWith(fence) ? undefined : fence;
    else return line;
    return '';
  });
}
