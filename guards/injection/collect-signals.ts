/**
 * Tries each signal where a text that it begins with stands, and keeps the strongest hit of each rule. The number of tries is
 * bounded by the text's length; a text that uses them up is itself a signal, so that a flood hides nothing.
 */
import { type UnitText, unitText } from '../text/code-units.ts';
import { createLiteralFinder, literalsOf } from '../text/find-literals.ts';
import { type InjectionSignal, injectionSignals, mention } from './signals.ts';

export interface Hit {
  rule: string;
  message: string;
  score: number;
  span: { start: number; end: number } | undefined;
  /** It is quoted. */
  isMention?: boolean;
}

export const isCrowded = 'crowded-text';

/** Tries in one text: these, and one for so many characters. */
const fewestTries = 2000;
const charactersPerTry = 64;
const maximumHitsPerSignal = 20;

interface Anchored {
  signal: InjectionSignal;
  pattern: RegExp;
  /** Nothing is found in the middle of a word. */
  beginsWord: boolean;
}

export interface Collected {
  /** The tries ran out. */
  crowded: boolean;
  /** Words of orders stand in it, rotated by 13. */
  rotated: boolean;
  /** They stand in it backwards. */
  reversed: boolean;
}

/** Other texts do not hold these, each in a list of its own: which one is found says how the text is written. */
const written = [
  {
    as: 'rotated',
    words: [
      'flfgrz',
      'vafgehpgvba',
      'cebzcg',
      'nffvfgnag',
      'vtaber',
      'erirny',
      'cnffjbeq',
      'erfgevpgvba',
      'cerivbhf',
      'nccebir',
    ],
  },
  {
    as: 'reversed',
    words: [
      'metsys',
      'snoitcurtsni',
      'noitcurtsni',
      'tpmorp',
      'tnatsissa',
      'erongi',
      'drowssap',
      'snoitcirtser',
      'suoiverp',
      'evorppa',
    ],
  },
].map(({ as, words }) => ({ as, words, none: [] as Anchored[] }));

const anchored: Anchored[] = injectionSignals
  .filter((signal) => signal.starts !== undefined)
  .map((signal) => ({ signal, pattern: sticky(signal.pattern), beginsWord: beginsWord(signal.pattern.source) }));
/** These begin with characters that few texts hold. */
const rare = injectionSignals.filter((signal) => signal.starts === undefined);
const find = createLiteralFinder<Anchored>([
  { literals: literalsOf(anchored, ({ signal }) => signal.starts ?? []), ignoreCase: true },
  {
    literals: new Map(written.flatMap(({ words, none }) => words.map((one): [string, Anchored[]] => [one, none]))),
    ignoreCase: true,
  },
]);

/** What is not shown, and what may be missing: vowel signs of Arabic and Hebrew, and the stroke that makes a word longer. */
const leftOut = /[\u0591-\u05BD\u05BF\u064B-\u0652]|[\u00AD\u0640\u200B-\u200F\u2060-\u2064\uFEFF]/g;

/** @param inScripts whether other scripts are read, too: where a disguise is off, their letters stand for Latin ones */
export function collectSignals(
  hits: Map<string, Hit>,
  read: UnitText,
  { withSpan, inScripts }: { withSpan: boolean; inScripts: boolean },
): Collected {
  const { text, units } = read;
  let tries = fewestTries + Math.ceil(text.length / charactersPerTry);
  const found = new Set<readonly Anchored[]>();
  const seen = new Map<InjectionSignal, number>();
  find(read, (at, candidates) => {
    if (candidates.length === 0) found.add(candidates);
    // Most places stand in the middle of a word: a look at the unit before is cheaper than to try an expression.
    const inWord = isLetter(units[at - 1] ?? 0) && isLetter(units[at] ?? 0);
    for (const { signal, pattern, beginsWord: isWhole } of candidates) {
      if (isWhole && inWord) continue;
      if (tries <= 0 || (seen.get(signal) ?? 0) >= maximumHitsPerSignal) continue;
      tries -= 1;
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match) {
        seen.set(signal, (seen.get(signal) ?? 0) + 1);
        weigh(hits, text, signal, match, withSpan);
      }
    }
    return tries > 0 ? undefined : 'stop';
  });
  if (inScripts && !read.isAscii) {
    collectRare(hits, read, withSpan);
    const shown = read.signs.replaceAll(leftOut, '');
    if (shown !== read.signs && soughtBy(shown).length > 0)
      collectRare(hits, unitText(text.replaceAll(leftOut, '')), false);
  }
  const [rotated = false, reversed = false] = written.map(({ none }) => found.has(none));
  return { crowded: tries <= 0, rotated, reversed };
}

function collectRare(hits: Map<string, Hit>, { text, units, signs }: UnitText, withSpan: boolean): void {
  const sought = soughtBy(signs);
  if (sought.length === 0) return;
  const seen = new Map<InjectionSignal, number>();
  for (const { start, end } of partsBeyondAscii(units)) {
    const part = text.slice(start, end);
    for (const signal of sought) {
      for (const match of part.matchAll(signal.pattern)) {
        const count = (seen.get(signal) ?? 0) + 1;
        if (count > maximumHitsPerSignal) break;
        seen.set(signal, count);
        match.index += start;
        weigh(hits, text, signal, match, withSpan);
      }
    }
  }
}

function soughtBy(signs: string): InjectionSignal[] {
  return rare.filter(({ holds }) => holds?.test(signs) !== false);
}

/** Around what is beyond ASCII: what a pattern looks at before and behind it is shorter. */
const around = 200;

/** Where such units stand, with what is around them: a page of a megabyte may hold one dash. */
function partsBeyondAscii(units: Uint16Array): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = [];
  let part: { start: number; end: number } | undefined;
  for (let at = 0; at < units.length; at += 1) {
    if ((units[at] ?? 0) < 128) continue;
    if (part && at <= part.end) part.end = at + around;
    else parts.push((part = { start: Math.max(0, at - around), end: at + around }));
  }
  return parts;
}

function weigh(
  hits: Map<string, Hit>,
  text: string,
  { rule, message, weight }: InjectionSignal,
  match: RegExpExecArray,
  withSpan: boolean,
): void {
  const start = match.index;
  const end = start + match[0].length;
  const mentioned = isMention(text, start, end);
  const score = mentioned ? weight - 2 : weight;
  note(hits, { rule, message, score, span: withSpan ? { start, end } : undefined, isMention: mentioned });
}

/** Keeps the strongest of a rule. */
export function note(hits: Map<string, Hit>, hit: Hit): void {
  const known = hits.get(hit.rule);
  if (!known || known.score < hit.score) hits.set(hit.rule, hit);
}

/** A text that is JSON as a whole, and in it the beginning of a value: there quotes only say that it is a text. */
const jsonText = /^\s{0,60}[[{]/;
const jsonValue = /(?:["\w]\\{0,3}"\s{0,4}:|[[,])\s{0,20}\\{0,3}"\s?$/;

/** Quoted, as in a text about injections. An attacker may quote, too: a quoted order loses weight, never the others with it. */
export function isMention(text: string, start: number, end: number): boolean {
  // What is found may begin behind the verb that it needs: `"paste your …"`.
  const before = text.slice(Math.max(0, start - 80), start).replace(/(?<=["'`“‘«])[a-z]{3,12} $/iu, '');
  // The attribute of an element quotes its value, whatever is said before it.
  if (/<[a-z][^<>]{0,70}=["']$/i.test(before)) return false;
  if (jsonValue.test(before) && jsonText.test(text.slice(0, 64))) return false;
  const opened = /["'`“‘«]\s?$/u.test(before);
  // `MOTD="…"`, `TXT "…"`, a line of a log, the field behind a quoted one, `note: "…"` as a line: the quotes of a value that somebody put there.
  const isField =
    /(?:\w[=,]|\b[A-Z]{2,12} |\d\d:\d\d:\d\d[^\n]{1,60}|["'] )["']$/.test(before) ||
    (/(?:^|\n)[ -]{0,20}[\w.-]{1,40}: ["']$/.test(before) &&
      /^(?:[^"'\\\n]|\\[^\n]){0,200}["']\s?(?:\n|$)/.test(text.slice(end, end + 240)));
  const closed = /^[^"'`”’»\n]{0,30}["'`”’»]/u.test(text.slice(end, end + 40));
  return (opened && closed && !isField) || ((opened || closed) && mention.test(before.replace(/["'`“‘«]\s?$/u, '')));
}

function isLetter(unit: number): boolean {
  const small = unit | 0x20;
  return small >= 97 && small <= 122;
}

/** Whether each of its alternatives begins with the beginning of a word. */
function beginsWord(source: string): boolean {
  let depth = 0;
  let from = 0;
  const parts: string[] = [];
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at];
    if (sign === '\\') at += 1;
    else if (sign === '[') at = endOfClass(source, at);
    else if (sign === '(') depth += 1;
    else if (sign === ')') depth -= 1;
    else if (sign === '|' && depth === 0) {
      parts.push(source.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, source.slice(from)].every((part) => /^(?:\\b|\(\?<!\[a-z\]\)|\(\?<!\\p\{L\}\))/.test(part));
}

function endOfClass(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== ']') at += source[at] === '\\' ? 2 : 1;
  return at;
}

function sticky(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, /\\[pu]\{/.test(pattern.source) ? 'iuy' : 'iy');
}
