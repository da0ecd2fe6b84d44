/**
 * Replaces secrets by `[secret:<rule>:<4 hex of its digest>]`: nothing of the secret stays, and two places that held the same
 * one can be told to. Four digits are too few to confirm a guess.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { digestText } from '../../core/digest.ts';
import { matchSecrets, matchSecretsNow, type SecretOptions, toFinding } from './find-secrets.ts';
import type { SecretMatch } from './match.ts';

export interface Redacted {
  text: string;
  /** Spans are offsets in the text that was given, not in the redacted one. */
  findings: Finding[];
}

export async function redactSecrets(text: string, options: SecretOptions = {}): Promise<Redacted> {
  return replaceMatches(text, await matchSecrets(text, options));
}

/** With our own rules alone, for callers that cannot wait, such as the text of an error. */
export function redactSecretsNow(text: string, options: SecretOptions = {}): Redacted {
  return replaceMatches(text, matchSecretsNow(text, options));
}

function replaceMatches(text: string, matches: readonly SecretMatch[]): Redacted {
  const parts: string[] = [];
  const marks = new Map<string, string>();
  let from = 0;
  for (const { rule, start, end } of matches) {
    const secret = text.slice(start, end);
    const mark = marks.get(secret) ?? digestText('body', secret).slice('sha256:'.length, 'sha256:'.length + 4);
    marks.set(secret, mark);
    parts.push(text.slice(from, start), `[secret:${rule}:${mark}]`);
    from = end;
  }
  parts.push(text.slice(from));
  return { text: parts.join(''), findings: matches.map(toFinding) };
}
