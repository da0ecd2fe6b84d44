/**
 * Finds secrets in a text: secretlint's rules, our own, and values that are known. A finding says where and by which rule;
 * it never repeats what was found. It is a signal about known forms: a secret that looks like a word is not found.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import { unitText, type UnitText } from '../text/code-units.ts';
import { findEncoded } from './encoded-rule.ts';
import { findEscaped } from './escaped-rule.ts';
import { type ByForm, findByForm } from './find-by-form.ts';
import { findKnownValues, occurrencesOf } from './known-values.ts';
import { findManifestSecrets } from './manifest-rule.ts';
import { cutOutMarks, mergeMatches, type SecretMatch } from './match.ts';
import { isFilledForm, isFiller } from './placeholders.ts';
import { findPrivateKeys } from './private-key-rule.ts';
import { findBySecretlint } from './secretlint-rules.ts';

export interface SecretOptions {
  /** Secrets this process holds, at least 6 characters each; shorter ones are ignored. @default none */
  knownValues?: readonly string[];
}

/** Spans are offsets in the text given, in order, without overlaps. */
export async function findSecrets(text: string, options: SecretOptions = {}): Promise<Finding[]> {
  return (await matchSecrets(text, options)).map(toFinding);
}

export async function matchSecrets(text: string, options: SecretOptions = {}): Promise<SecretMatch[]> {
  const isOnlyText = (options.knownValues ?? []).length === 0;
  if (isOnlyText && cleanTexts.has(text)) return [];
  const read = unitText(text);
  const byForm = findByForm(read);
  const bySecretlint = (await findBySecretlint(text, byForm.lines)).filter(
    ({ start, end }) => end - start < 20 || !isFilling(text.slice(start, end)),
  );
  const matches = withRepetitions(text, [...ownMatches(read, byForm, options), ...bySecretlint]);
  if (isOnlyText && matches.length === 0) noteClean(text);
  return matches;
}

const textsKept = 200;
const longestKept = 16_384;
/** Of all of them: what is kept is copied when young memory is collected, while everybody waits. */
const charactersKept = 32 * longestKept;

/**
 * Texts without a finding, newest last: a call's arguments and a result pass several guards on their way and are looked
 * through once. No text with a secret is ever kept.
 */
const cleanTexts = new Set<string>();
let characters = 0;

function noteClean(text: string): void {
  if (text.length > longestKept || cleanTexts.has(text)) return;
  cleanTexts.add(text);
  characters += text.length;
  for (const oldest of cleanTexts) {
    if (cleanTexts.size <= textsKept && characters <= charactersKept) return;
    cleanTexts.delete(oldest);
    characters -= oldest.length;
  }
}

function isFilling(found: string): boolean {
  return isFiller(found) || isFilledForm(found);
}

/** Our own rules alone, for callers that cannot wait. */
export function matchSecretsNow(text: string, options: SecretOptions = {}): SecretMatch[] {
  const read = unitText(text);
  return withRepetitions(text, ownMatches(read, findByForm(read), options));
}

export function toFinding({ rule, start, end }: SecretMatch): Finding {
  return {
    guard: 'secrets',
    rule,
    severity: rule === 'assignment' ? 'high' : 'critical',
    message: `holds what looks like a secret (${rule})`,
    span: { start, end },
    remedy: 'use a named credential instead, and rotate this secret if it was real',
  };
}

function ownMatches(read: UnitText, byForm: ByForm, { knownValues = [] }: SecretOptions): SecretMatch[] {
  return [
    ...findPrivateKeys(read.text),
    ...findKnownValues(read.text, knownValues),
    ...byForm.matches,
    ...findManifestSecrets(read.text),
    ...findEncoded(read, findDecodedTwice),
    ...findEscaped(read, findDecoded),
  ];
}

/** What was decoded may be base64 once more, as in the releases that Helm keeps. */
function findDecodedTwice(decoded: UnitText): SecretMatch[] {
  return [...findDecoded(decoded), ...findEncoded(decoded, findDecoded)];
}

function findDecoded(decoded: UnitText): SecretMatch[] {
  return [...findPrivateKeys(decoded.text), ...findByForm(decoded).matches];
}

/** A secret that showed by its name in one place stands elsewhere without it. */
function withRepetitions(text: string, matches: readonly SecretMatch[]): SecretMatch[] {
  const secrets = new Map<string, string>();
  let taken = text.length;
  for (const { rule, start, end } of matches) {
    if (end - start >= 8 && secrets.size < 100) secrets.set(text.slice(start, end), rule);
    if (end === text.length) taken = Math.min(taken, start);
  }
  // What begins behind a match that takes all the rest is in it: a crowded text would be looked through for nothing.
  const repeated = [...secrets].flatMap(([secret, rule]) =>
    occurrencesOf(text.slice(0, taken + secret.length), secret, rule),
  );
  return cutOutMarks(text, mergeMatches([...matches, ...repeated]));
}
