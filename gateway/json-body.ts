/**
 * Reads a request's body: JSON that every reader understands alike, in UTF-8, and nothing else. A body that says "deny" to
 * one reader and "approve" to another (the same key twice) is refused, and so is one that is made to keep the reader busy.
 */
import { type Json, parseStrictJson } from '../core/canonical-json.ts';
import { CountersignError } from '../core/errors.ts';
import type { GatewayApp } from './app.ts';

/** Of bodies that hold no long text. */
export const usualBodyBytes = 64 * 1024;
/** Of the body that starts a run: 200,000 characters, most of them escaped. */
export const longBodyBytes = 1024 * 1024;
/** No request has a tenth as many. A megabyte of empty lists would hold every other request up for seconds. */
const mostValues = 1000;

export function installJsonBodies(app: GatewayApp): void {
  // Among them text/plain, which a page may send to another origin without asking first.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    const read = readJsonBody(body);
    if (read.kind === 'value') done(null, read.value);
    else done(unreadable(read.reason));
  });
}

/** @returns reasons that repeat nothing of the body */
export function readJsonBody(
  body: string | Buffer,
): { kind: 'value'; value: Json } | { kind: 'refused'; reason: string } {
  const text = textOf(body);
  if (text === undefined) return { kind: 'refused', reason: 'it is not UTF-8' };
  if (hasMoreValues(text, mostValues)) return { kind: 'refused', reason: `it has more than ${mostValues} values` };
  return parseStrictJson(text);
}

/** A byte order mark is kept, and then is no JSON. */
function textOf(body: string | Buffer): string | undefined {
  try {
    return typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** An upper bound, counted before anything is parsed: each value but the first follows one of these. */
function hasMoreValues(text: string, most: number): boolean {
  let values = 1;
  let inString = false;
  for (let index = 0; index < text.length && values <= most; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === ',' || character === '[' || character === '{') values += 1;
  }
  return values > most;
}

function unreadable(reason: string): CountersignError {
  return new CountersignError(
    'input-invalid',
    `Cannot read the body of this request: ${reason}, expected one JSON object; correct it`,
  );
}
