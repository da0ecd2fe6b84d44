/** What a word does by what it says, where the tables know what it stands for: a host, a URL, a setting, a format. */
import type { ShellClass } from './facts.ts';
import type { Value } from './knowledge.ts';
import { isOwnAddress, isOwnHost, leadsAway } from './own-network.ts';
import { holdsSecrets } from './paths.ts';
import type { Arg } from './words.ts';

/** psql's variables are words for its SQL, but for those that name a prompt, a file or a program. */
const actingSetting = /^(?:PROMPT|HIST|EDITOR|PAGER|SHELL)/iu;

/** What it adds to a read; nothing, where it is harmless. @param word absent: the value is missing, or was not seen */
export function classesOfValue(value: Exclude<Value, 'file'>, word: Arg | undefined): ShellClass[] {
  if (!word) return ['opaque'];
  const { text, known } = word;
  switch (value) {
    case 'host':
      // dig's `+short` says how to answer.
      return (known && text.startsWith('+')) || isOwnHost(text) ? [] : ['network'];
    case 'address':
      return !word.mayBeOption && isOwnAddress(text) ? [] : ['network'];
    case 'url':
      return word.mayBeOption || leadsAway(text) ? ['network'] : [];
    case 'list':
      return holdsSecrets(text, word.glob) ? ['privilege'] : [];
    case 'setting': {
      const name = text.split('=')[0] ?? '';
      return /^\w+$/u.test(name) && !actingSetting.test(name) ? [] : ['opaque'];
    }
    case 'signature':
      // `%G?` and `%(signature)` start the program that checks signatures.
      return known && !/%G|signature/u.test(text) ? [] : ['opaque'];
    case 'local':
      return known && /^[\w.-]+$/u.test(text) ? [] : ['network'];
    case 'repository':
      return known && /^[\w.-]+(?:\/[\w.-]+)?$/u.test(text) ? [] : ['network'];
  }
}
