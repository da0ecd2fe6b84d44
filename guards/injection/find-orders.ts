/**
 * Sentences that ask the reader to do something, in a text that should be data: an imperative at the start, and words that
 * address, send somewhere, or name what is worth protecting. Ordinary requests have one of these, planted ones have several.
 */
import type { UnitText } from '../text/code-units.ts';
import { activeCode, codeOrder, cues, graveVerbs, openers, orderVerbs } from './order-words.ts';

export interface Order {
  start: number;
  end: number;
  score: number;
}

/** From here on a sentence counts as a signal. Measured on harmless texts: bench/guards. */
export const leastScore = 2.5;

const longestSentence = 600;
const nounGoesOn = / (?:of|or|is|was|are|were|has|had|address(?:es)?)\b/iy;
const quoteGoesOn = / (?:to|in|at|into|as) (?:your|the)\b/iy;
/** Sentences scored in one text, for each kilobyte: far above what prose has, so that a flood costs no more than its length. */
const perKilobyte = 24;

/** Bits of a unit. */
const breakUnit = 1;
/** It leaves it open whether a sentence begins: a break does, too. */
const openUnit = 2;
const letterUnit = 4;
/** What a sentence may begin behind, letters, and what leaves it open whether one begins; 0: none begins behind it. */
const unitKinds = Uint8Array.from({ length: 1 << 16 }, (_, code) => {
  if ('.!?\n\r":\'`>;*(|]}'.includes(String.fromCharCode(code))) return breakUnit | openUnit;
  return isLetter(code) ? letterUnit : code <= 32 || code === 45 || code > 127 ? openUnit : 0;
});
/** Units that are looked through before the sentences that begin in them are read. */
const chunk = 8192;

export function findOrders({ text, units }: UnitText): Order[] {
  const orders: Order[] = [];
  let budget = 200 + Math.ceil((text.length / 1024) * perKilobyte);
  const places = new Int32Array(Math.min(chunk, units.length));
  let open = 1;
  for (let from = 0; from < units.length && budget > 0; from += chunk) {
    const begun = findBeginnings(units, places, from, open);
    open = begun.open;
    for (let index = 0; index < begun.count && budget > 0; index += 1) {
      const at = places[index] ?? 0;
      if (!mayBeginOrder(units, at)) continue;
      const behind = wordEnd(units, at);
      // `email: …` is a field, and `fetch(…)` is code.
      if (!separates(units[behind] ?? 0)) continue;
      const first = text.slice(at, behind).toLowerCase();
      if (!orderVerbs.has(first) && !openers.has(first)) continue;
      if (isOption(units, at) || isNoun(text, behind)) continue;
      budget -= 1;
      const end = endOf(text, units, at);
      const score = scoreOf(text, at, end, first);
      if (score >= leastScore) orders.push({ start: at, end, score });
    }
  }
  return orders;
}

/**
 * Places from `from` on where a sentence may begin with a letter, how many, and whether one may behind them; without a branch
 * for each unit, which is guessed wrong at every sign. @param open 1: one may begin at the first unit
 */
function findBeginnings(
  units: Uint16Array,
  places: Int32Array,
  from: number,
  open: number,
): { count: number; open: number } {
  const end = Math.min(from + chunk, units.length);
  let isOpen = open;
  let count = 0;
  for (let at = from; at < end; at += 1) {
    const kind = unitKinds[units[at] ?? 0] ?? 0;
    places[count] = at;
    count += isOpen & (kind >> 2);
    isOpen = (isOpen & (kind >> 1)) | (kind & breakUnit);
  }
  return { count, open: isOpen };
}

/** The first three letters of the words that an order begins with, by their last five bits. Shorter ones begin with anything. */
const beginnings = new Set<number>(
  [...orderVerbs, ...openers].flatMap((one) => {
    const [first = 0, second = 0, third] = Array.from(one, (sign) => sign.charCodeAt(0) & 31);
    const pair = (first << 10) | (second << 5);
    return third === undefined ? Array.from({ length: 32 }, (_, last) => pair | last) : [pair | third];
  }),
);
const mayBegin = Uint8Array.from({ length: 1 << 15 }, (_, key) => (beginnings.has(key) || (key & 31) === 0 ? 1 : 0));
function mayBeginOrder(units: Uint16Array, at: number): boolean {
  const key = (((units[at] ?? 0) & 31) << 10) | (((units[at + 1] ?? 0) & 31) << 5) | ((units[at + 2] ?? 0) & 31);
  return mayBegin[key] === 1;
}

function scoreOf(text: string, start: number, end: number, first: string): number {
  const sentence = text.slice(start, end).replaceAll(/[ \t]{2,}/g, ' ');
  const verb = orderVerbs.has(first) ? first : verbBehind(sentence);
  if (verb === undefined) return 0;
  let score = graveVerbs.has(verb) ? 1.5 : 1;
  let addresses = false;
  for (const cue of cues) {
    if (!cue.pattern.test(sentence)) continue;
    score += cue.weight;
    addresses ||= cue.addresses;
  }
  // A field of a record that is wholly an order of somebody who says "my" is not what such fields hold.
  if (addresses && /["'`]\s?$/.test(text.slice(Math.max(0, start - 2), start)) && /\b(?:my|me)\b/i.test(sentence))
    score += 0.5;
  return addresses ? score : 0;
}

/** `Please …`, `Can you …`, `You must …`, `In your response, …`, `I need you to …`: the verb behind such a beginning. */
function verbBehind(sentence: string): string | undefined {
  const begin = sentence.slice(0, 120).toLowerCase();
  const request =
    /^(?:(?:please|kindly|also|then|now|first|next|finally|additionally|furthermore|moreover|immediately|always|just|simply|and|but|so|hey|hi|hello|important|urgent|attention|note|remember|be sure|make sure|don't forget|do not forget)[ ,:!]{1,3}(?:to )?){1,4}([a-z]+)/.exec(
      begin,
    ) ??
    /^(?:can|could|would|will) you (?:please |also |kindly )?([a-z]+)/.exec(begin) ??
    /^(?:also,? |then |now |and )?(?:you|i) (?:must|should|need(?: you)? to|have to|are to|will|want(?: you)? to|would like(?: you)? to|am going to)(?: also| now| then)? ([a-z]+)/.exec(
      begin,
    ) ??
    /^(?:in|at|throughout|when|while|before|after|once|if|to)\b[^,\n]{1,80}, (?:please |also |you (?:must|should) )?([a-z]+)/.exec(
      begin,
    );
  const verb = request?.[1];
  return verb !== undefined && orderVerbs.has(verb) ? verb : undefined;
}

/** An order to take code over, when the code is one that acts. */
export function findCodeOrder(text: string): Order | undefined {
  const found = text.includes('your') || text.includes('Your') ? codeOrder.exec(text) : null;
  if (!found || !activeCode.test(text.slice(found.index, found.index + 4000))) return undefined;
  return { start: found.index, end: found.index + found[0].length, score: leastScore };
}

function endOf(text: string, units: Uint16Array, start: number): number {
  const most = Math.min(units.length, start + longestSentence);
  for (let at = start + 1; at < most; at += 1) {
    const code = units[at];
    if (code === 10 || code === 33 || code === 63) return at;
    // A point ends a sentence only before a space: `a.b@example.com` goes on.
    if (code === 46 && (units[at + 1] ?? 0) <= 34) return at;
    // What is quoted in the middle of an order belongs to it: `Add "…" to your reply`.
    if (code === 34 && at > start + 40 && !goesOn(text, at + 1)) return at;
  }
  return most;
}

function goesOn(text: string, behindQuote: number): boolean {
  if (text.charCodeAt(behindQuote) !== 32) return false;
  quoteGoesOn.lastIndex = behindQuote;
  return quoteGoesOn.test(text);
}

/** `--email a@b.example`: an option of a command. */
function isOption(units: Uint16Array, at: number): boolean {
  return units[at - 1] === 45 && units[at - 2] === 45 && (units[at] ?? 0) >= 97;
}

/** `Email or phone: …`, `Access is denied`: the same word, and no order. */
function isNoun(text: string, behind: number): boolean {
  nounGoesOn.lastIndex = behind;
  return nounGoesOn.test(text);
}

function separates(code: number): boolean {
  return code === 32 || code === 10 || code === 44;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function wordEnd(units: Uint16Array, from: number): number {
  let at = from;
  while (at < units.length && isOfWord(units[at] ?? 0)) at += 1;
  return at;
}

function isOfWord(code: number): boolean {
  return isLetter(code) || code === 39 || code === 0x2019;
}
