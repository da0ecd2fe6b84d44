/**
 * Secrets that show by their name: `password=…`, `"api_key": "…"`, `--token …`, `<password>…`, also inside JSON text that is
 * escaped once or twice. Names, placeholders, references and prose are told from values by their form; in doubt it is a secret.
 */
import type { Literals } from '../text/find-literals.ts';
import { mostMatches, restOf, type SecretMatch } from './match.ts';
import { isFiller, isPlaceholder } from './placeholders.ts';
import { looksRandom } from './token-rules.ts';

/** Read from where the last word of a name begins; what must stand before it is looked for behind. */
const names =
  'passw(?:or)?d|passwd|passphrase|passcode|(?<=[_-])pass(?![A-Za-z])|(?<=[a-z])Pass(?![A-Za-z])|(?<=[a-z_.-])PASS(?![A-Za-z])|pwd|' +
  'secret(?:[_-]?access)?[_-]?key(?:[_-]?base)?|secret|' +
  '(?<=(?:api|app|access|account|auth|priv|private|encryption|encrypt|signing|sign|master|session|service|subscription|license|storage|shared|deploy|integration|admin|server|client|consumer|fernet|jwt|hmac|cipher|aes)[_-]?)key|' +
  'token|credentials?|connection[_-]?string|(?<=[_/:])_?auth(?=\\s{0,2}=)';
const suffix = '(?:[_-]?(?:\\d|string|value)(?![A-Za-z]))?';
/** Between name and sign, in languages that write it: `var token string = …`, `token: &str = …`. */
const typeName = "(?:\\s{1,3}\\*?string|\\s{0,2}:\\s{0,2}(?:&(?:'static )?)?(?:string|str))?";
/** `=` and its kin in makefiles and programs; a value on the next line only in quotes, or behind a colon. */
const sign = '(?:(?:=>|[?.+|:]{0,2}={1,2})(?:[^\\S\\n]{0,4}|\\s{0,12}(?=["\'`]))|:\\s{0,4})';
/** Groups: separator, quote, quoted value, bare value. */
const assignment = new RegExp(
  `(?:${names})${suffix}[\\\\"'\`\\]]{0,4}${typeName}(\\s{0,4}${sign})` +
    '(?:\\\\{0,3}(["\'`])((?:(?!\\\\{0,3}\\2)[^\\n]){1,300})\\\\{0,3}\\2|([^\\s"\'`,;&<>(){}[\\]|\\\\]{3,500}))',
  'idy',
);
/** Where one of the names stands, and what comes behind it decides which of the others is tried. */
const name = new RegExp(`(?:${names})${suffix}(?=([^A-Za-z0-9_-]))`, 'iy');
/** Group 1 is the value: elements. */
const element = new RegExp(`(?<=<[\\w:.-]{0,40})(?:${names})${suffix}>\\s{0,20}([^<>\\s]{3,300})\\s{0,20}<`, 'idy');
/** Group 1 is the value: `name: X, value: Y`. */
const pair = new RegExp(
  `(?<=(?:name|key)["']?\\s{0,3}[:=]\\s{0,3}["']?[\\w.-]{0,40})(?:${names})${suffix}["']?[,\\s]{1,40}["']?value["']?\\s{0,3}[:=]\\s{0,3}["']?([^\\s"'<>]{3,300})`,
  'idy',
);
/** Group 1 is the value: `setProperty("api.token", "…")`. The value must look like none of the other words of a list. */
const inCall = new RegExp(`(?:${names})${suffix}(["'])\\s{0,2},\\s{0,3}\\1([^"'\\n]{8,300})\\1`, 'idy');
/** Group 1 is the value: netrc, SQL, command options. */
const afterSpace: readonly RegExp[] = [
  /(?<=\b(?:login|user)\s{1,3}\S{1,80}\s{1,8})(?:password|passwd)\s{1,3}(\S{3,200})/dy,
  /(?:password|passwd)\s{1,3}'([^'\n]{3,200})'/diy,
  new RegExp(
    `(?<=(?<![A-Za-z0-9-])--?(?:[a-z0-9]{1,20}-){0,3})(?:${names})\\s{1,3}["']?([^\\s"'\\-$<{[][^\\s"']{2,500})`,
    'idy',
  ),
];
/** `the password is …`: prose, so the value must look like no word. */
const said = new RegExp(
  `(?:${names})${suffix}["'\`]?\\s{1,3}(?:is|was)\\s{0,3}:?\\s{1,3}["'\`]?([^\\s"'\`,;]{6,200})`,
  'idy',
);
const userOption = /(?<![A-Za-z0-9-])(?:-u|--user|--proxy-user)\s{1,3}["']?[\w.@-]{0,100}:([^\s"'$:/]{3,200})/dy;

/** A password in one is another rule's. */
const address = /^(?:jdbc:)?[a-z][a-z0-9+.-]{1,20}:\/\//i;
const nameAlone = new RegExp(`^[A-Za-z0-9_.-]{0,40}?(?:${names})[:=]{1,2}$`, 'i');

/** What a literal begins: a name, or an option whose value is a user with a password. */
export type AssignmentKind = 'name' | 'user';

/** In small letters; they stand in any case. */
export const assignmentLiterals: Literals<AssignmentKind> = new Map<string, readonly AssignmentKind[]>([
  ...['pass', 'pwd', 'secret', 'key', 'token', 'credential', 'connection', 'auth'].map(
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

/** Letters with digits or signs between them, as no word of a sentence has. */
function isPassLike(value: string): boolean {
  if (isPlaceholder(value)) return false;
  return (
    looksRandom(value) || (/[A-Za-z]/.test(value) && /\d/.test(value) && /[^A-Za-z0-9._/:-]/.test(value.slice(0, -1)))
  );
}

/** A short one may be a poor password. */
function isLongFiller(value: string): boolean {
  return value.length >= 16 && isFiller(value);
}

function isQuotedSecret(whole: string, value: string, quote: string | undefined): boolean {
  if (value.length < 3 || isPlaceholder(value) || isLongFiller(value)) return false;
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
  if (address.test(value)) return false;
  if (/^\d+$/.test(value) && value.length < 6 && !/^pass/i.test(whole)) return false;
  if (/^[?.+|:]{0,2}=$/.test(separator) && separator !== ':=') return true;
  // With spaces or a colon it may be code or prose: a value there has something that a word has not.
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+;?$/.test(value)) return false;
  if (/[^A-Za-z.!?]/.test(value)) return true;
  return separator.includes(':') && (next === undefined || next === '\n' || next === '\r') && value.length >= 6;
}
