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
    arguments: argumentsCut ? headAndTail(whole) : whole,
    argumentsCut,
    argumentsLength: whole.length,
    ...(opaque.length > 0 ? { opaque } : {}),
  };
}

function headAndTail(text: string): string {
  const marker = ` …[${text.length - maximumCardArguments} or more characters cut]… `;
  const room = maximumCardArguments - marker.length;
  const head = text.slice(0, Math.ceil(room / 2));
  const tail = text.slice(text.length - Math.floor(room / 2));
  return `${withoutHalfPair(head)}${marker}${withoutHalfPair(tail)}`;
}

/** Half of a surrogate pair at the cut would make the card text that no JSON can carry. */
export function withoutHalfPair(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '').replace(/^[\udc00-\udfff]/, '');
}
