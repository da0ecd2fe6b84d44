/**
 * Replaces secrets by `[secret:<rule>:<4 hex>]`: nothing of the secret stays, and two places that held the same one can be
 * told to. The digits are made with a key, so that who reads the mark cannot try guesses against it; without one there are none
 * (`[secret:<rule>]`), so that no mark tells secrets apart that it has not compared.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { keyedDigest } from '../../core/digest.ts';
import { matchSecrets, matchSecretsNow, type SecretOptions, toFinding } from './find-secrets.ts';
import type { SecretMatch } from './match.ts';

export interface RedactOptions extends SecretOptions {
  /** Random; marks made with one key are alike for the same secret. @default none: marks have no digits */
  markKey?: Uint8Array;
  /** Told what each mark with digits stands in for; whatever it does with a secret, the result holds none. @default nobody */
  onTaken?: (mark: string, secret: string) => void;
}

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

function replaceMatches(text: string, matches: readonly SecretMatch[], { markKey, onTaken }: RedactOptions): Redacted {
  const parts: string[] = [];
  const known = new Map<string, string>();
  let from = 0;
  for (const { rule, start, end } of matches) {
    const secret = text.slice(start, end);
    const digits = markKey && (known.get(secret) ?? keyedDigest('body', markKey, secret).slice(0, 4));
    if (digits !== undefined) {
      known.set(secret, digits);
      onTaken?.(`${rule}:${digits}`, secret);
    }
    parts.push(text.slice(from, start), digits === undefined ? `[secret:${rule}]` : `[secret:${rule}:${digits}]`);
    from = end;
  }
  parts.push(text.slice(from));
  return { text: parts.join(''), findings: matches.map(toFinding) };
}
