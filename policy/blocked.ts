/** What `blocked` refuses whatever the rules say: people, tools, and words in the text of a run or of any argument. */
import { latinLetter, lookAlikeLetter } from '../core/look-alike-letters.ts';
import type { RuleHit } from '../core/contracts/decision.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { PolicyInput } from './input.ts';
import { matchesTool } from './tool-pattern.ts';
import { ruleHit } from './verdict.ts';

// Characters that are not shown, and marks on letters: they would split a word for a comparison and not for a reader.
const unseen = /[\p{Default_Ignorable_Code_Point}\u0300-\u036f]+/gu;

/** One form for the same words: compatibility characters, case, accents, what is not shown, look-alike letters, runs of blanks. */
export function foldWords(text: string): string {
  // The normaliser sorts marks in a row, which takes the square of their number: no writing has more than a few on a letter.
  const few = text.replaceAll(unseen, '').replaceAll(/(\p{M}{8})\p{M}+/gu, '$1');
  const bare = few.normalize('NFKD').toLowerCase().replaceAll(unseen, '');
  return bare.replaceAll(lookAlikeLetter, latinLetter).replaceAll(/\s+/gu, ' ');
}

/** Of a run before it has called anything: who started it, and its text. */
export function blockedAtStart(
  { blocked }: CompiledPolicy,
  { users, text }: { users: readonly (string | null)[]; text: string },
): RuleHit[] {
  const holdsWord = blocked.words.length > 0 && containsAny(text, blocked.words);
  return [
    ...blockedUser(blocked, users),
    ...(holdsWord ? [ruleHit('blocked-word', 'deny', 'The text holds a blocked word')] : []),
  ];
}

export function blockedHits({ blocked }: CompiledPolicy, input: PolicyInput): RuleHit[] {
  const hits = blockedUser(blocked, [input.principal.id, input.onBehalfOf]);
  if (blocked.tools.some((pattern) => matchesTool(pattern, input.tool.name))) {
    hits.push(ruleHit('blocked-tool', 'deny', 'This tool is blocked'));
  }
  if (blocked.words.length > 0 && someText(input.args, (text) => containsAny(text, blocked.words))) {
    // Without the word: it may be a secret name, and the model reads this.
    hits.push(ruleHit('blocked-word', 'deny', 'The arguments hold a blocked word'));
  }
  return hits;
}

function blockedUser({ users }: CompiledPolicy['blocked'], given: readonly (string | null)[]): RuleHit[] {
  const found = given.some((user) => user !== null && users.has(user));
  return found ? [ruleHit('blocked-user', 'deny', 'This person or account is blocked')] : [];
}

function containsAny(text: string, words: readonly string[]): boolean {
  const folded = foldWords(text);
  return words.some((word) => folded.includes(word));
}

function someText(value: unknown, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => someText(item, test));
  return Object.entries(value).some(([key, item]) => test(key) || someText(item, test));
}
