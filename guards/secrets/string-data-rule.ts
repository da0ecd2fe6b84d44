/**
 * Values under `stringData` of a Kubernetes Secret, as people write them and as an annotation keeps them: in the clear, under names that
 * say nothing. YAML in blocks and in braces, JSON, and JSON within a text. Whoever fills a form with placeholders wrote no secret.
 */
import { mostMatches, restOf, type SecretMatch } from './match.ts';
import { isPlaceholder } from './placeholders.ts';

/** A block, with its indentation, or a brace. */
const mark =
  /(?<=(?:^|\n)(?<indentation>[ \t-]{0,40}))["']?stringData["']?[ \t]{0,8}:[ \t]{0,8}(?=\r?\n)|(?<![\w.-])stringData\\{0,3}["']?[ \t]{0,8}:[ \t\r\n]{0,40}\{/g;
/** One name and value in braces; group 3 is what stands in quotes, group 4 what stands without. */
const entry =
  /[\s,]{0,80}\\{0,3}["']?[\w.-]{1,253}\\{0,3}["']?\s{0,8}:\s{0,8}(?:(\\{0,3})(["'])((?:(?!(?<!\\)\1\2)[^\n]){0,65536})\1\2|([^\s"'{},\\][^\n{},]{0,4000}))/dy;
/** A line of a block: its indentation, its name, and what is behind it. */
const line = /^([ \t]*)(?:["']?[\w.-]{1,253}["']?[ \t]*:(?=[ \t]|$)[ \t]*)?(.*)$/s;
const quoted = /^(["'])(.*)\1(?:[ \t]+#.*)?$/s;
/** A short one is a port or a switch. */
const shortest = 4;

/** @param blockAt the lines behind a place that are indented further */
export function findStringData(text: string, blockAt: (start: number, indentation: string) => string): SecretMatch[] {
  const found: SecretMatch[] = [];
  const most = mostMatches(text);
  let next = 0;
  for (const match of text.matchAll(mark)) {
    if (match.index < next) continue;
    const start = match.index + match[0].length;
    const indentation = match.groups?.['indentation'];
    const block = indentation === undefined ? undefined : blockAt(start, indentation);
    const inside =
      block === undefined ? inBraces(text, start) : { found: inBlock(block, start), end: start + block.length };
    found.push(...inside.found);
    next = inside.end;
    if (found.length > most) return [...found.slice(0, most), restOf(text, found[most]?.start ?? start)];
  }
  return found;
}

function inBraces(text: string, start: number): { found: SecretMatch[]; end: number } {
  const found: SecretMatch[] = [];
  entry.lastIndex = start;
  let end = start;
  for (let match = entry.exec(text); match; match = entry.exec(text)) {
    const [from, to] = match.indices?.[3] ?? match.indices?.[4] ?? [0, 0];
    found.push(...secretAt(from, text.slice(from, to)));
    end = entry.lastIndex;
  }
  return { found, end };
}

/** @param start where the block begins in the text */
function inBlock(block: string, start: number): SecretMatch[] {
  const found: SecretMatch[] = [];
  let at = start;
  let names: number | undefined;
  for (const whole of block.split('\n')) {
    const text = whole.trimEnd();
    const [, indentation = '', behind = ''] = line.exec(text) ?? [];
    if (text !== '') names ??= indentation.length;
    // Below a name everything is its value, whatever it looks like.
    const value = indentation.length === names ? behind : text.trim();
    // Of a value on lines of its own this is only the sign.
    const isSign = value === '' || /^[|>][+-]?\d?[+-]?$/.test(value) || value.startsWith('#');
    if (!isSign) {
      const inQuotes = quoted.exec(value)?.[2];
      const bare = inQuotes ?? value.replace(/[ \t]#.*$/s, '');
      const from = at + text.length - value.length + (inQuotes === undefined ? 0 : 1);
      found.push(...secretAt(from, bare));
    }
    at += whole.length + 1;
  }
  return found;
}

function secretAt(start: number, value: string): SecretMatch[] {
  const text = value.trim();
  if (text.length < shortest || /^\d{1,5}$/.test(text) || isPlaceholder(text)) return [];
  return [{ rule: 'kubernetes-secret', start, end: start + value.trimEnd().length }];
}
