/**
 * A search through all of a folder, hidden files too, that looks for secrets or shows every line. What lies in `.env` and the like
 * is then printed. Searches through a folder below, and those that only name files, are everybody's work.
 */
import { isAnyLine } from './file-patterns.ts';
import { fitsProjectSecret } from './find-tests.ts';
import type { Knowledge } from './knowledge.ts';
import { type GivenOption, isOption, type SplitWords } from './options.ts';
import { isWholeFolder } from './paths.ts';
import { hole, outside } from './words.ts';

/** Show names or numbers, no lines; or look only into files that are called so. */
const showsLess = ['-l', '-L', '-c', '-q', '--files-with-matches', '--files-without-match', '--count', '--quiet'];
const givesPattern = ['-e', '--regexp'];
const secretWord =
  /(?:^|_)(?:tokens?|secrets?|pass(?:word|wd|phrase)?s?|credentials?|(?:api|private|access|secret)_?keys?)(?:_|$)/iu;
const secretForm = /^(?:AKIA|ghp_|xox|sk-)|BEGIN.*KEY/u;

export function searchesForSecrets({ hidden }: Knowledge, { operands, options }: SplitWords): boolean {
  if (!hidden) return false;
  const given = (names: readonly string[]) => options.filter(({ name }) => names.some((one) => isOption(name, one)));
  if (!hidden.always && given(hidden.options).length === 0) return false;
  if (given(showsLess).length > 0 || given(['--include', '-g', '--glob', '-G']).some(isNarrow)) return false;
  const patterns = given(givesPattern).flatMap(({ value }) => value ?? []);
  const places = patterns.length > 0 ? operands : operands.slice(1);
  const whole = places.length === 0 || places.some(({ text }) => isWholeFolder(text));
  return (
    whole && [...patterns, ...(patterns.length > 0 ? [] : operands.slice(0, 1))].some(({ text }) => wantsSecrets(text))
  );
}

/** Only files that are called so, and none that may have secrets in it. `rg -g '!x'` leaves out. */
function isNarrow({ value }: GivenOption): boolean {
  if (!value || value.text.includes(hole) || value.text.includes(outside)) return false;
  return !value.text.startsWith('!') && !fitsProjectSecret(value.text);
}

/** A pattern that shows all, or looks for a secret. Words of a sentence, such as `Failed password`, are looked for in logs. */
export function wantsSecrets(pattern: string): boolean {
  if (isAnyLine(pattern) || secretForm.test(pattern)) return true;
  return pattern.split(/\\?\|/u).some((one) => !/\s\S/u.test(one) && secretWord.test(one.replaceAll(/[\W_]+/gu, '_')));
}
