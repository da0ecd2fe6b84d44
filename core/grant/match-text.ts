/**
 * Whether a text is like a pattern with wildcards. The model chooses the text, so a wildcard stands only for characters that
 * mean nothing to a shell, a path or a URL: it never lets in a second command, an option, a parent folder or a hidden character.
 */

/** One character that a wildcard may stand for; `**` also for "/". */
const plain = /^[A-Za-z0-9._@+:,=-]$/;
const longestText = 4096;

/**
 * The whole text, in its own case. `*`: one or more of letters, digits and `. _ - @ + : , =`. `**`: the same with "/". What a
 * wildcard stands for does not begin with "-" where a word begins, and no part between slashes is "." or "..".
 * Costs pattern times text.
 */
export function isLike(pattern: string, text: string): boolean {
  if (text.length > longestText || hasDots(text)) return false;
  const parts = partsOf(pattern);
  if (parts.every(({ wildcard }) => !wildcard)) return pattern === text;
  // Positions in the text that the parts so far can end at.
  let ends = new Set([0]);
  for (const [index, part] of parts.entries()) {
    const begin = isWordStart(parts[index - 1]);
    ends = part.wildcard ? stretch(text, ends, part.wildcard === '**', begin) : step(text, ends, part.text);
    if (ends.size === 0) return false;
  }
  return ends.has(text.length);
}

/** What is wrong with a pattern, in words; undefined: nothing. */
export function whyNoPattern(pattern: string): string | undefined {
  const parts = partsOf(pattern);
  if (parts.filter(({ wildcard }) => wildcard).length > 8) return 'it has more than 8 wildcards';
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(pattern)) return 'it has hidden characters';
  if (/\*{3,}/u.test(pattern)) return 'it has three stars in a row';
  return parts.some(({ wildcard, text }) => !wildcard && /[A-Za-z0-9]/u.test(text))
    ? undefined
    : 'it is like anything: there is no letter or digit beside its wildcards';
}

interface Part {
  wildcard: '*' | '**' | undefined;
  text: string;
}

function partsOf(pattern: string): Part[] {
  return pattern
    .split(/(\*{1,2})/u)
    .filter((part) => part !== '')
    .map((text) => ({ wildcard: text === '*' || text === '**' ? text : undefined, text }));
}

/** Where a program would read what comes next as a word of its own. */
function isWordStart(before: Part | undefined): boolean {
  return before === undefined || !/[A-Za-z0-9._-]$/u.test(before.text);
}

function step(text: string, ends: ReadonlySet<number>, literal: string): Set<number> {
  return new Set([...ends].filter((end) => text.startsWith(literal, end)).map((end) => end + literal.length));
}

function stretch(text: string, ends: ReadonlySet<number>, deep: boolean, begin: boolean): Set<number> {
  const next = new Set<number>();
  // From the lowest on: how far one goes is how far all behind it go.
  let reach = 0;
  for (const start of [...ends].toSorted((a, b) => a - b)) {
    if (begin && text[start] === '-') continue;
    for (let at = Math.max(start, reach); at < text.length; at += 1) {
      const character = text.charAt(at);
      if (!plain.test(character) && !(deep && character === '/')) break;
      next.add(at + 1);
      reach = at + 1;
    }
  }
  return next;
}

function hasDots(text: string): boolean {
  return text.split(/[/\\]/u).some((part) => part === '.' || part === '..');
}
