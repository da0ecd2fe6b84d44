/** Secrets that show by their own form: those of the table, and URLs with a password. */
import { type Literals, literalsOf } from '../text/find-literals.ts';
import { readBase64 } from '../text/long-runs.ts';
import { mostMatches, restOf, type SecretMatch } from './match.ts';
import { isFilledForm, isFiller, isPlaceholder, isUrlPlaceholder } from './placeholders.ts';
import { type TokenRule, tokenRules } from './token-table.ts';
import { typedPasswords } from './typed-passwords.ts';

/**
 * Published for documentation: Amazon's ids (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html)
 * all end in the word.
 */
const vendorExample = /EXAMPLE$/;

const urlRule: TokenRule = {
  rule: 'url-password',
  anchors: ['://'],
  pattern:
    /(?<=(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,24}):\/\/(?<user>[^\s:@/"'<>`]{0,100}):(?<secret>[^\s/"'<>`]{1,200})@(?<host>[^\s/"'<>`@]{0,100})/dy,
};

/** Which rules are tried where a text stands. */
export const tokenLiterals: Literals<TokenRule> = literalsOf(
  [...tokenRules, ...typedPasswords, urlRule],
  ({ anchors }) => anchors,
);

/** What a random match needs: a rule is not tried again before so many characters of what it refused are left. */
const shortestRandom = 20;

/** Beginnings of secrets that are looked at: a list of URLs has one in forty characters, and no text one in sixteen. */
function mostPlaces(text: string): number {
  return 5000 + Math.floor(text.length / 16);
}

/**
 * Tries the rules of one literal after the other, in the order of the text.
 *
 * @param found empty: where it puts what it finds @returns of the reader: `stop` once all the rest of the text is a match
 */
export function tokenReader(
  text: string,
  found: SecretMatch[],
): (at: number, rules: readonly TokenRule[]) => 'stop' | undefined {
  const most = mostMatches(text);
  const next = new Map<TokenRule, number>();
  let places = mostPlaces(text);
  return (at, rules) => {
    places -= 1;
    if (places < 0) {
      found.push(restOf(text, at));
      return 'stop';
    }
    for (const rule of rules) {
      if (at < (next.get(rule) ?? 0)) continue;
      rule.pattern.lastIndex = at;
      for (let match = rule.pattern.exec(text); match; match = furtherMatch(rule, match, text)) {
        const end = match.index + match[0].length;
        if (isSecret(rule, match))
          found.push(found.length < most ? placeOf(rule.rule, match) : restOf(text, placeOf(rule.rule, match).start));
        next.set(rule, rule.random ? end - shortestRandom : end);
        if (found.length > most) break;
      }
    }
    return found.length > most ? 'stop' : undefined;
  };
}

/** Of a list the first one's name says what the others are. */
function furtherMatch({ further }: TokenRule, match: RegExpExecArray, text: string): RegExpExecArray | null {
  if (!further) return null;
  further.lastIndex = match.index + match[0].length;
  return further.exec(text);
}

function isSecret(rule: TokenRule, match: RegExpExecArray): boolean {
  if (rule === urlRule) {
    const { user = '', secret = '', host = '' } = match.groups ?? {};
    return !isUrlPlaceholder(user, secret, host);
  }
  const secret = match.groups?.['secret'] ?? match[0];
  if (isOneSign(secret) || (secret.length >= shortestRandom && isFiller(secret))) return false;
  if (rule.typed) return !isPlaceholder(secret);
  // What stands in a header has no signs of its own: words there may be somebody's token.
  if (rule.rule !== 'authorization-header' && secret.length >= shortestRandom && isFilledForm(secret)) return false;
  if (rule.login) return isLogin(secret);
  if (rule.random) return looksRandom(secret);
  return rule.rule !== 'aws-access-key-id' || !vendorExample.test(match[0]);
}

/** A user and a password in base64, as registries write them. */
function isLogin(text: string): boolean {
  const password = /^[^\s:]+:(.{3,})$/.exec(readBase64(text) ?? '')?.[1];
  return password !== undefined && !isPlaceholder(password);
}

/** `Authorization: Bearer XXXXXXXX` */
function isOneSign(text: string): boolean {
  return text.length > 2 && text === text.charAt(0).repeat(text.length);
}

function placeOf(rule: string, match: RegExpExecArray): SecretMatch {
  const places = match.indices?.groups;
  const [start, end] = places?.['secret'] ?? match.indices?.[0] ?? [0, 0];
  return { rule, start: places?.['before']?.[0] ?? start, end };
}

/** Digits between letters, and many different characters: words joined by hyphens do not look like that. */
export function looksRandom(text: string): boolean {
  if (!/\d/.test(text) || !/[A-Za-z]/.test(text) || new Set(text).size < 10) return false;
  // Words and a number: the name and date of a model, a key that says it is none.
  return text
    .split(/[-_.]/)
    .some((part) => part.length >= 8 && /\d/.test(part) && /[A-Za-z]/.test(part) && !/^[A-Za-z]*\d*$/.test(part));
}
