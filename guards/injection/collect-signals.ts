/**
 * Tries each signal where a text that it begins with stands, and keeps the strongest hit of each rule. The number of tries is
 * bounded by the text's length; a text that uses them up is itself a signal, so that a flood hides nothing.
 */
import type { UnitText } from '../text/code-units.ts';
import { createLiteralFinder, literalsOf } from '../text/find-literals.ts';
import { type InjectionSignal, injectionSignals, mention } from './signals.ts';

export interface Hit {
  rule: string;
  message: string;
  score: number;
  span: { start: number; end: number } | undefined;
}

export const isCrowded = 'crowded-text';

/** Tries in one text: these, and one for so many characters. */
const fewestTries = 2000;
const charactersPerTry = 64;
const maximumHitsPerSignal = 20;

interface Anchored {
  signal: InjectionSignal;
  pattern: RegExp;
}

export interface Collected {
  /** The tries ran out. */
  crowded: boolean;
  /** Words of orders stand in it, rotated by 13. */
  rotated: boolean;
}

/** Other texts do not hold these. */
const rotatedWords = ['flfgrz', 'vafgehpgvba', 'cebzcg', 'nffvfgnag', 'vtaber', 'erirny'];

const anchored: Anchored[] = injectionSignals
  .filter((signal) => signal.starts !== undefined)
  .map((signal) => ({ signal, pattern: sticky(signal.pattern) }));
/** These begin with characters that few texts hold. */
const rare = injectionSignals.filter((signal) => signal.starts === undefined);
const find = createLiteralFinder<Anchored>([
  { literals: literalsOf(anchored, ({ signal }) => signal.starts ?? []), ignoreCase: true },
  { literals: new Map(rotatedWords.map((one): [string, Anchored[]] => [one, []])), ignoreCase: true },
]);

export function collectSignals(hits: Map<string, Hit>, read: UnitText, { withSpan }: { withSpan: boolean }): Collected {
  const { text } = read;
  let tries = fewestTries + Math.ceil(text.length / charactersPerTry);
  let rotated = false;
  const seen = new Map<InjectionSignal, number>();
  find(read, (at, candidates) => {
    rotated ||= candidates.length === 0;
    for (const { signal, pattern } of candidates) {
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
  if (!read.isAscii) collectRare(hits, read, withSpan);
  return { crowded: tries <= 0, rotated };
}

function collectRare(hits: Map<string, Hit>, { text, signs }: UnitText, withSpan: boolean): void {
  for (const signal of rare) {
    if (signal.holds?.test(signs) === false) continue;
    let seen = 0;
    for (const match of text.matchAll(signal.pattern)) {
      weigh(hits, text, signal, match, withSpan);
      if (++seen >= maximumHitsPerSignal) break;
    }
  }
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
  const score = isMention(text, start, end) ? weight - 2 : weight;
  note(hits, { rule, message, score, span: withSpan ? { start, end } : undefined });
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
  if (jsonValue.test(before) && jsonText.test(text.slice(0, 64))) return false;
  const opened = /["'`“‘«]\s?$/u.test(before);
  // `MOTD="…"`, `TXT "…"`, a line of a log, `note: "…"` as a line: the quotes of a field's value, and what is in it was put there by somebody.
  const isField =
    /(?:\w[=,]|\b[A-Z]{2,12} |\d\d:\d\d:\d\d[^\n]{1,60})["']$/.test(before) ||
    (/(?:^|\n)[ -]{0,20}[\w.-]{1,40}: ["']$/.test(before) &&
      /^[^"'\n]{0,200}["']\s?(?:\n|$)/.test(text.slice(end, end + 240)));
  const closed = /^[^"'`”’»\n]{0,30}["'`”’»]/u.test(text.slice(end, end + 40));
  return (opened && closed && !isField) || ((opened || closed) && mention.test(before.replace(/["'`“‘«]\s?$/u, '')));
}

function sticky(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, /\\[pu]\{/.test(pattern.source) ? 'iuy' : 'iy');
}
