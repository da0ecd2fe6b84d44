/**
 * Replaces secrets by `[secret:<rule>:<4 hex>]`: nothing of the secret stays, and two places that held the same one can be
 * told to. The digits are made with a key, so that who reads the mark cannot try guesses against it.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { keyedDigest } from '../../core/digest.ts';
import { matchSecrets, matchSecretsNow, type SecretOptions, toFinding } from './find-secrets.ts';
import type { SecretMatch } from './match.ts';

export interface RedactOptions extends SecretOptions {
  /** Marks made with one key are alike for the same secret. @default a random one, the same as long as the process runs */
  markKey?: Uint8Array;
}

const processKey = crypto.getRandomValues(new Uint8Array(32));

export interface Redacted {
  text: string;
  /** Spans are offsets in the text that was given, not in the redacted one. */
  findings: Finding[];
}

export async function redactSecrets(text: string, options: RedactOptions = {}): Promise<Redacted> {
  return replaceMatches(text, await matchSecrets(text, options), options);
}

/** With our own rules alone, for callers that cannot wait, such as the text of an error. */
export function redactSecretsNow(text: string, options: RedactOptions = {}): Redacted {
  return replaceMatches(text, matchSecretsNow(text, options), options);
}

function replaceMatches(
  text: string,
  matches: readonly SecretMatch[],
  { markKey = processKey }: RedactOptions,
): Redacted {
  const parts: string[] = [];
  const marks = new Map<string, string>();
  let from = 0;
  for (const { rule, start, end } of matches) {
    const secret = text.slice(start, end);
    const mark = marks.get(secret) ?? keyedDigest('body', markKey, secret).slice(0, 4);
    marks.set(secret, mark);
    parts.push(text.slice(from, start), `[secret:${rule}:${mark}]`);
    from = end;
  }
  parts.push(text.slice(from));
  return { text: parts.join(''), findings: matches.map(toFinding) };
}
