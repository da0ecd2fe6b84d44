/**
 * The card as the gate signs it: canonical arguments and facts of the gate, never the model's words. Arguments too long to
 * show are kept as head and tail, with the digest of the whole; values that no reader can judge are named one by one.
 */
import type { Card } from '../contracts/approval.ts';
import { opaqueValues } from './opaque-values.ts';

/** Longer canonical arguments are shown as head and tail, characters. */
export const maximumCardArguments = 4096;

/** `arguments` is the RFC 8785 text of the arguments, whole. */
export type CardFacts = Omit<Card, 'argumentsCut' | 'argumentsLength' | 'opaque'>;

/** What is left out stays bound by `argumentsDigest`; approvers open the whole by `argumentsBody`. */
export function buildCard(facts: CardFacts): Card {
  const { arguments: whole } = facts;
  const argumentsCut = whole.length > maximumCardArguments;
  const opaque = opaqueValues(whole);
  return {
    ...facts,
    arguments: cutInTheMiddle(whole, maximumCardArguments),
    argumentsCut,
    argumentsLength: whole.length,
    ...(opaque.length > 0 ? { opaque } : {}),
  };
}

/** At most so many characters, as head and tail with a mark between them that says so. */
export function cutInTheMiddle(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const marker = ` …[${text.length - longest} or more characters cut]… `;
  const room = longest - marker.length;
  const head = text.slice(0, Math.ceil(room / 2));
  const tail = text.slice(text.length - Math.floor(room / 2));
  return `${withoutHalfPair(head)}${marker}${withoutHalfPair(tail)}`;
}

/** Half of a surrogate pair at the cut would make the card text that no JSON can carry. */
export function withoutHalfPair(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '').replace(/^[\udc00-\udfff]/, '');
}
