/**
 * Secrets that show by their name: `password=…`, `"api_key": "…"`, `--token …`, also inside JSON text that is escaped once
 * or twice. Names, placeholders, references and prose are told from values by their form; in doubt it is a secret.
 */
import type { SecretMatch } from './match.ts';
import { looksRandom } from './token-rules.ts';

const names =
  'pass(?:word|wd|phrase|code)|pwd|' +
  'secret(?:[_-]?access)?[_-]?key(?:[_-]?base)?|secret|(?:client|app|shared|webhook|signing)[_-]?secret|' +
  '(?:api|app|access|account|auth|priv|private|encryption|signing|master|session|service|subscription|license)[_-]?key|apikey|' +
  '(?:access|auth|refresh|bearer|session|id|api|bot|deploy|personal[_-]?access)?[_-]?token|credentials?|connection[_-]?string';
/** Groups: separator, quote, quoted value, bare value. */
const assignment = new RegExp(
  `(?:${names})(?:[_-]?\\d)?[\\\\"'\`\\]]{0,4}(\\s{0,4}(?:=>|:=|={1,2}|:)\\s{0,4})` +
    '(?:\\\\{0,3}(["\'`])((?:(?!\\\\{0,3}\\2)[^\\n]){1,500})\\\\{0,3}\\2|([^\\s"\'`,;&<>(){}[\\]|\\\\]{3,500}))',
  'gid',
);
const option = new RegExp(
  `(?<![A-Za-z0-9-])--?(?:[a-z0-9]{1,20}-){0,3}(?:${names})\\s{1,3}["']?([^\\s"'\\-$<{[][^\\s"']{2,500})`,
  'gid',
);
const userOption = /(?<![A-Za-z0-9-])(?:-u|--user|--proxy-user)\s{1,3}["']?[^\s:"'$]{1,100}:([^\s"'$]{1,200})/dg;

const placeholder =
  /^(?:[*•.xX_?#-]+|<.*>?|\$[{(].*|(?:\$[a-z_]\w*[-_./:]?){1,10}|\$\d?|%[a-z]|%\w{1,40}%|%[({].*|\{\{.*|\[[a-z _-]{1,40}\]|@.*|(?:your|my|the|some|an?|example|dummy|fake|test|sample|insert|replace|enter)[_ -].*|(?:true|false|null|none|nil|undefined|nan|string|str|bool|boolean|number|int|integer|bytes?|any|object|required|optional|empty|unset|redacted|removed|hidden|masked|missing|invalid|expired|valid|wrong|incorrect|ok|yes|no|not|`?pwd`?|is|are|was|must|should|may|can|will|has|have|the|for|from|with)|(?:change[_-]?me|password|passwd|secret|token|api[_-]?key|placeholder|todo|tbd|n\/a)|process\.env.*|os\.environ.*|env[.:[(].*|import\.meta.*|secrets\..*|vault:.*|ref\+.*|arn:.*|projects\/.*)$/i;

const nameAlone = new RegExp(`^[A-Za-z0-9_.-]{0,40}?(?:${names})[:=]{1,2}$`, 'i');

export function findAssignments(text: string): SecretMatch[] {
  const matches: SecretMatch[] = [];
  assignment.lastIndex = 0;
  for (let match = assignment.exec(text); match; match = assignment.exec(text)) {
    const [, separator = '', , quoted, bare = ''] = match;
    const place = match.indices?.[3] ?? match.indices?.[4];
    if (!place) continue;
    const secret =
      quoted === undefined ? isBareSecret(match[0], separator, bare, text[place[1]]) : isQuotedSecret(match[0], quoted);
    if (secret) matches.push(at(place));
    // Its value may be a name itself, with the secret behind it: `credentials:` and on the next line `password: …`.
    else assignment.lastIndex = place[0];
  }
  for (const pattern of [option, userOption]) {
    for (const match of text.matchAll(pattern)) {
      const value = match.indices?.[1];
      if (value && !placeholder.test(match[1] ?? '')) matches.push(at(value));
    }
  }
  return matches;
}

function isQuotedSecret(whole: string, value: string): boolean {
  if (value.length < 3 || placeholder.test(value)) return false;
  // The name is the working directory's, too.
  if (/^pwd/i.test(whole) && /[\s/]/.test(value)) return false;
  // Several words are a sentence or a label, unless it is a passphrase with other signs in it.
  return !/^[A-Za-z]+(?:[ ,.'-]{1,2}[A-Za-z]+)+[.!?]?$/.test(value) || looksRandom(value);
}

function isBareSecret(whole: string, separator: string, value: string, next: string | undefined): boolean {
  if (placeholder.test(value) || nameAlone.test(value) || next === '(') return false;
  if (/^pwd/i.test(whole) && /^[/~.]/.test(value)) return false;
  if (/^\d+$/.test(value) && value.length < 6 && !/^pass/i.test(whole)) return false;
  if (separator === '=') return true;
  // With spaces or a colon it may be code or prose: a value there has something that a word has not.
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+;?$/.test(value)) return false;
  if (/[^A-Za-z.!?]/.test(value)) return true;
  return separator.includes(':') && (next === undefined || next === '\n' || next === '\r') && value.length >= 6;
}

function at([start, end]: [number, number]): SecretMatch {
  return { rule: 'assignment', start, end };
}
