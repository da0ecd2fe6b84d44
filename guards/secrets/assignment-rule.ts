/**
 * Secrets that show by their name: `password=…`, `"api_key": "…"`, `--token …`, `<password>…`, also inside JSON text that is
 * escaped once or twice. Names, placeholders, references and prose are told from values by their form; in doubt it is a secret.
 */
import type { Literals } from '../text/find-literals.ts';
import {
  address,
  afterSpace,
  assignment,
  block,
  element,
  inCall,
  name,
  nameAlone,
  pair,
  said,
  setting,
  userOption,
} from './assignment-forms.ts';
import { mostMatches, restOf, type SecretMatch } from './match.ts';
import { isFiller, isPlaceholder } from './placeholders.ts';
import { looksRandom } from './token-rules.ts';

/** What a literal begins: a name, or an option whose value is a user with a password. */
export type AssignmentKind = 'name' | 'user';

/** In small letters; they stand in any case. */
export const assignmentLiterals: Literals<AssignmentKind> = new Map<string, readonly AssignmentKind[]>([
  ...['pass', 'pwd', 'pw', 'secret', 'key', 'token', 'credential', 'connection', 'auth'].map(
    (one): [string, AssignmentKind[]] => [one, ['name']],
  ),
  ...['-u', '--user', '--proxy-user'].map((option): [string, AssignmentKind[]] => [option, ['user']]),
]);

/**
 * Reads where one of the literals stands, in the order of the text.
 *
 * @param found empty: where it puts what it finds @returns of the reader: `stop` once all the rest of the text is a match
 */
export function assignmentReader(
  text: string,
  found: SecretMatch[],
): (at: number, kind: AssignmentKind) => 'stop' | undefined {
  const most = mostMatches(text);
  let next = 0;
  return (at, kind) => {
    if (at < next) return undefined;
    const place = kind === 'user' ? placeIn(userOption, text, at) : namedPlace(text, at);
    if (place === undefined || (kind === 'user' && isPlaceholder(text.slice(...place)))) return undefined;
    const [start, end] = place;
    found.push(found.length < most ? { rule: 'assignment', start, end } : restOf(text, start));
    next = end;
    return found.length > most ? 'stop' : undefined;
  };
}

function namedPlace(text: string, at: number): [number, number] | undefined {
  name.lastIndex = at;
  const next = name.exec(text)?.[1];
  if (next === undefined) return undefined;
  assignment.lastIndex = at;
  const match = assignment.exec(text);
  const place = match?.indices?.[3] ?? match?.indices?.[4];
  if (match && place) {
    const [, separator = '', quote, quoted, bare = ''] = match;
    const secret =
      quoted === undefined
        ? isBareSecret(match[0], separator, bare, text[place[1]])
        : isQuotedSecret(match[0], quoted, quote);
    // Otherwise its value may be a name itself, with the secret behind it: `credentials:`, and below it `password: …`.
    return secret ? place : undefined;
  }
  if (next === '>') return firstOf([element], text, at);
  const set = next.trim() === '' ? placeIn(setting, text, at) : placeIn(block, text, at, 2);
  if (set && isSetting(text.slice(...set), next)) return set;
  const other = firstOf(next.trim() === '' ? [pair, ...afterSpace] : [pair], text, at);
  if (other) return other;
  const called = placeIn(inCall, text, at, 2);
  if (called) return isPassLike(text.slice(...called)) ? called : undefined;
  const spoken = placeIn(said, text, at);
  return spoken && isPassLike(text.slice(...spoken)) ? spoken : undefined;
}

function firstOf(patterns: readonly RegExp[], text: string, at: number): [number, number] | undefined {
  for (const pattern of patterns) {
    const place = placeIn(pattern, text, at);
    if (place && !isPlaceholder(text.slice(...place))) return place;
  }
  return undefined;
}

function placeIn(pattern: RegExp, text: string, at: number, group = 1): [number, number] | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.indices?.[group];
}

/** Behind a name and a blank a sentence may go on, with words, paths and addresses; lines of YAML are a value whatever they look like. */
function isSetting(value: string, next: string): boolean {
  if (isPlaceholder(value) || address.test(value)) return false;
  return next.trim() !== '' || (/\d/.test(value) && /[A-Za-z]/.test(value) && !/^[~.]{0,2}\//.test(value));
}

/** Letters with digits or signs between them, as no word of a sentence has. */
function isPassLike(value: string): boolean {
  if (isPlaceholder(value)) return false;
  return (
    looksRandom(value) || (/[A-Za-z]/.test(value) && /\d/.test(value) && /[^A-Za-z0-9._/:-]/.test(value.slice(0, -1)))
  );
}

/** `secret="prod/db-credentials"`: under which name it is kept. Words of small letters, which only a password may be. */
function isNameOfSecret(whole: string, value: string): boolean {
  return (
    /^(?:secret|credential|token)/i.test(whole) &&
    /^[a-z]+\d{0,2}(?:[._-][a-z]+\d{0,2})*(?:\/[a-z]+\d{0,2}(?:[._-][a-z]+\d{0,2})*){1,6}$/.test(value)
  );
}

/** A short one may be a poor password. */
function isLongFiller(value: string): boolean {
  return value.length >= 16 && isFiller(value);
}

function isQuotedSecret(whole: string, value: string, quote: string | undefined): boolean {
  if (value.length < 3 || isPlaceholder(value) || isLongFiller(value) || isNameOfSecret(whole, value)) return false;
  // A shell runs it: what fetches a secret is none.
  if (quote === '`' && /^[a-z][\w./-]* \S/.test(value)) return false;
  // The name is the working directory's, too.
  if (/^pwd/i.test(whole) && /[\s/]/.test(value)) return false;
  // A path to a file says where a secret is.
  if (/^\.{0,2}\/[\w./-]*$/.test(value) || address.test(value)) return false;
  // Several words are a sentence or a label, unless it is a passphrase with other signs in it.
  return !/^[A-Za-z]+(?:[ ,.'-]{1,2}[A-Za-z]+)+[.!?]?$/.test(value) || looksRandom(value);
}

function isBareSecret(whole: string, separator: string, value: string, next: string | undefined): boolean {
  if (isPlaceholder(value) || isLongFiller(value) || nameAlone.test(value) || next === '(') return false;
  // `${NAME:=$2}`: the rest of a sign.
  if (value.startsWith('=$')) return false;
  if (/^pwd/i.test(whole) && /^[/~.]/.test(value)) return false;
  // Of credentials a program hands on a variable, and settings name a file.
  if (
    /^credential/i.test(whole) &&
    /^(?:[A-Za-z_][A-Za-z_.]*|[\w./-]{1,200}\.(?:json|ya?ml|toml|ini|txt))$/.test(value)
  )
    return false;
  if (address.test(value) || isNameOfSecret(whole, value)) return false;
  if (/^\d+$/.test(value) && value.length < 6 && !/^pass/i.test(whole)) return false;
  if (/^[?.+|:]{0,2}=$/.test(separator) && separator !== ':=') return true;
  // With spaces or a colon it may be code or prose: a value there has something that a word has not.
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+;?$/.test(value)) return false;
  if (/[^A-Za-z.!?]/.test(value)) return true;
  return separator.includes(':') && (next === undefined || next === '\n' || next === '\r') && value.length >= 6;
}
