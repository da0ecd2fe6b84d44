/**
 * Canonical JSON (RFC 8785) and a strict parser for JSON that somebody else wrote. What cannot be represented exactly
 * by every reader (duplicate keys, integers beyond 2^53, lone surrogates) is refused, because two readers that
 * understand the same bytes differently are how one call is approved and another one runs.
 */
import { type AnyNode, parse } from '@humanwhocodes/momoa';
import canonicalize from 'canonicalize';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type ParsedJson = { kind: 'value'; value: Json } | { kind: 'refused'; reason: string };

export const maximumDepth = 64;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** RFC 8785 text of a JSON value. @throws {Error} for what JSON cannot hold (undefined, NaN, BigInt, cycles, lone surrogates). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Cannot canonicalise a value: it is not JSON, expected a JSON value');
  return text;
}

/**
 * Parses untrusted JSON text; never throws. Either it is what `JSON.stringify` writes of its value, and has one reading, or two
 * parsers must agree: `JSON.parse` alone keeps the last of two equal keys, and momoa alone takes bare control characters in strings.
 */
export function parseStrictJson(text: string): ParsedJson {
  try {
    if (nestingDepth(text) > maximumDepth) return { kind: 'refused', reason: `nested deeper than ${maximumDepth}` };
    const reference = JSON.parse(text) as Json;
    // Written again it is the same text: a key that stood twice or a number that is not exact would be missing. Nobody can read
    // it otherwise, and the second parser, which costs most of a call's reading, is not needed.
    if (JSON.stringify(reference) === text) {
      checkAll(reference);
      return { kind: 'value', value: reference };
    }
    const value = toValue(parse(text, { mode: 'json' }).body);
    if (!isSameJson(value, reference)) return { kind: 'refused', reason: 'it can be read in two ways' };
    return { kind: 'value', value };
  } catch (error) {
    return { kind: 'refused', reason: error instanceof StrictJsonRefusal ? error.message : 'it is not valid JSON' };
  }
}

/**
 * Parses text that must be its own canonical form; never throws. One reading is all it can have: a key twice, a number that
 * is not exact, spaces or anything behind the value give another text. For large trusted-nobody texts: a third of the cost
 * of `parseStrictJson`.
 */
export function parseCanonicalJson(text: string): ParsedJson {
  try {
    if (nestingDepth(text) > maximumDepth) return { kind: 'refused', reason: `nested deeper than ${maximumDepth}` };
    const value = JSON.parse(text) as Json;
    if (canonicalJson(value) !== text) return { kind: 'refused', reason: 'it is not in canonical form' };
    checkAll(value);
    return { kind: 'value', value };
  } catch (error) {
    return { kind: 'refused', reason: error instanceof StrictJsonRefusal ? error.message : 'it is not valid JSON' };
  }
}

/** What the other parser refuses while it builds its value. */
function checkAll(value: Json): void {
  if (typeof value === 'number') checkedNumber(value);
  if (typeof value === 'string') checkedString(value);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) return value.forEach(checkAll);
  for (const [key, inner] of Object.entries(value)) {
    if (forbiddenKeys.has(checkedString(key))) throw new StrictJsonRefusal('it uses a reserved key');
    checkAll(inner);
  }
}

class StrictJsonRefusal extends Error {}

const code = { quote: 0x22, backslash: 0x5c, openArray: 0x5b, closeArray: 0x5d, openObject: 0x7b, closeObject: 0x7d };

/**
 * How deep JSON nests, counted before parsing, so that a hostile text cannot exhaust a stack: `JSON.parse` reads what
 * `JSON.stringify` can then not write. An upper bound for what is not JSON.
 *
 * @param text characters, or bytes of UTF-8
 */
export function nestingDepth(text: string | Uint8Array): number {
  const codeAt =
    typeof text === 'string' ? (index: number) => text.charCodeAt(index) : (index: number) => text[index] ?? 0;
  const quoteFrom =
    typeof text === 'string' ? (at: number) => text.indexOf('"', at) : (at: number) => text.indexOf(code.quote, at);
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = codeAt(index);
    if (character === code.quote) index = endOfString(index + 1);
    else if (character === code.openArray || character === code.openObject) deepest = Math.max(deepest, ++depth);
    else if (character === code.closeArray || character === code.closeObject) depth -= 1;
  }
  return deepest;

  /** Of its closing quote, which has an even number of backslashes before it. Long strings are most of large texts: they are jumped over. */
  function endOfString(start: number): number {
    for (let from = start; ; ) {
      const quote = quoteFrom(from);
      if (quote < 0) return text.length;
      let backslashes = 0;
      while (quote - backslashes > from && codeAt(quote - backslashes - 1) === code.backslash) backslashes += 1;
      if (backslashes % 2 === 0) return quote;
      from = quote + 1;
    }
  }
}

/** Whether both say the same, whatever the order of their keys. */
export function isSameJson(one: Json, other: unknown): boolean {
  if (typeof one !== 'object' || one === null) return one === other;
  if (typeof other !== 'object' || other === null || Array.isArray(one) !== Array.isArray(other)) return false;
  const entries = Object.entries(one);
  if (entries.length !== Object.keys(other).length) return false;
  return entries.every(
    ([key, inner]) => Object.hasOwn(other, key) && isSameJson(inner, (other as Record<string, unknown>)[key]),
  );
}

function toValue(node: AnyNode): Json {
  switch (node.type) {
    case 'Object':
      return toObject(node);
    case 'Array':
      return node.elements.map((element) => toValue(element.value));
    case 'Number':
      return checkedNumber(node.value);
    case 'String':
      return checkedString(node.value);
    case 'Boolean':
      return node.value;
    case 'Null':
      return null;
    default:
      throw new StrictJsonRefusal('it is not JSON');
  }
}

function toObject(node: Extract<AnyNode, { type: 'Object' }>): Json {
  const result: Record<string, Json> = {};
  for (const member of node.members) {
    if (member.name.type !== 'String') throw new StrictJsonRefusal('a key is not a string');
    const key = checkedString(member.name.value);
    if (forbiddenKeys.has(key)) throw new StrictJsonRefusal('it uses a reserved key');
    if (Object.hasOwn(result, key)) throw new StrictJsonRefusal('it has the same key twice');
    result[key] = toValue(member.value);
  }
  return result;
}

function checkedNumber(value: number): number {
  if (!Number.isFinite(value)) throw new StrictJsonRefusal('a number is out of range');
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new StrictJsonRefusal('an integer is beyond 2^53');
  }
  return Object.is(value, -0) ? 0 : value;
}

function checkedString(value: string): string {
  if (!value.isWellFormed()) throw new StrictJsonRefusal('a string has a lone surrogate');
  return value;
}
