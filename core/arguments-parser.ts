/**
 * From the model's text, or an editor's, to the one value that is hashed, approved and executed: strict JSON, the tool's schema, defaults
 * applied, frozen, RFC 8785. Promises that nothing the model sent was changed or dropped on the way; never throws.
 */
import type { z } from 'zod';
import { canonicalJson, isSameJson, type Json, parseCanonicalJson, parseStrictJson } from './canonical-json.ts';
import { digestText } from './digest.ts';
import { type ShapeProblem, shapeProblems } from './shape-problems.ts';

export type ParsedArguments =
  | {
      kind: 'value';
      /** RFC 8785 text, defaults applied: what is hashed. */
      canonical: string;
      /** Deeply frozen; exactly what `canonical` says. */
      value: unknown;
      /** Digest of `canonical`, purpose `arguments`. */
      digest: string;
    }
  /** Problems name places and expectations, never the values sent. */
  | { kind: 'invalid'; problems: string[] };

type DigestOfCanonical = (canonical: string) => string;

/** Characters; the policy's own limit is counted on the canonical form. */
const longestText = 4_000_000;

/** @param digest what `digestText('arguments', …)` gives, for callers that have a faster way to it */
export function argumentsParser(
  parameters: z.ZodObject,
  digest: DigestOfCanonical = (canonical) => digestText('arguments', canonical),
): (text: string) => ParsedArguments {
  return (text) => {
    if (text.length > longestText) return invalid(`the arguments are longer than ${longestText} characters`);
    const parsed = parseStrictJson(text);
    if (parsed.kind === 'refused') return invalid(`the arguments cannot be read: ${parsed.reason}`);
    try {
      return checked(parameters, deepFreeze(parsed.value), digest);
    } catch {
      // A refinement of the author's that throws, or is async, proves nothing about the arguments.
      return invalid('the tool’s own check of the arguments failed');
    }
  };
}

function checked(parameters: z.ZodObject, sent: Json, digest: DigestOfCanonical): ParsedArguments {
  const fitted = parameters.safeParse(sent);
  if (!fitted.success) {
    const problems = shapeProblems(parameters, fitted.error.issues, sent, { namesUnknownKeys: false });
    // A model's unknown key could be a secret of its context, and this goes into the history: it is counted, and not named.
    return invalid(...problems.map(explain));
  }
  // As it mostly is: the schema gave back what was sent, which two strict parsers have read already. What is hashed is then
  // written from that, and not from the schema's own object.
  if (isSameJson(sent, fitted.data)) {
    return accepted(canonicalJson(sent), inCanonicalOrder(sent), digest);
  }
  const canonical = canonicalJson(fitted.data);
  // Read back: what executes is exactly what was hashed, and cannot hold what JSON cannot.
  const value = parseCanonicalJson(canonical);
  if (value.kind === 'refused' || !holdsAll(sent, value.value)) return invalid('the schema would change the arguments');
  return accepted(canonical, value.value, digest);
}

function accepted(canonical: string, value: unknown, digest: DigestOfCanonical): ParsedArguments {
  return { kind: 'value', canonical, value: deepFreeze(value), digest: digest(canonical) };
}

/** As a reader of the canonical text would get it: guards then find the same things in the same order. */
function inCanonicalOrder(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(inCanonicalOrder);
  const entries = Object.keys(value)
    .toSorted()
    .map((key): [string, Json] => [key, inCanonicalOrder(value[key] ?? null)]);
  return Object.fromEntries(entries);
}

function explain({ field, found, expected }: ShapeProblem): string {
  return `${field === '' ? 'the whole' : `"${field}"`} ${found}, expected ${expected}`;
}

/** Whether `after` has everything of `before`, unchanged; it may have more keys (defaults). */
function holdsAll(before: Json, after: Json | undefined): boolean {
  if (before === null || typeof before !== 'object') return before === after;
  if (after === null || typeof after !== 'object' || Array.isArray(before) !== Array.isArray(after)) return false;
  if (Array.isArray(before)) {
    return (
      Array.isArray(after) &&
      before.length === after.length &&
      before.every((item, index) => holdsAll(item, after[index]))
    );
  }
  return Object.entries(before).every(
    ([key, item]) => Object.hasOwn(after, key) && holdsAll(item, (after as Record<string, Json>)[key]),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

function invalid(...problems: string[]): ParsedArguments {
  return { kind: 'invalid', problems };
}
