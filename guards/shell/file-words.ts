/**
 * Which words of a command that prints files name files: not its program, its pattern, or what an option of it takes. A word that it
 * cannot tell is one, so that no name passes for something else.
 */
import type { Arg } from './words.ts';

interface Words {
  /** Letters of the options that take the word behind them. */
  readonly taking?: string;
  /** Long options that do, and how many words. */
  readonly long?: Readonly<Record<string, number>>;
  /** Operands in front of the first file: a program or pattern, unless one of these letters brings it. */
  readonly first?: string;
}

const edges: Words = { taking: 'nc', long: { '--lines': 1, '--bytes': 1 } };
const search: Words = { taking: 'efmABCdDg', first: 'ef' };
const awk: Words = { taking: 'vF', first: 'f' };
const jq: Words = { long: { '--arg': 2, '--argjson': 2, '--indent': 1 }, first: '' };
const byName: Readonly<Record<string, Words>> = {
  head: edges,
  tail: edges,
  cut: { taking: 'dfcb' },
  sort: { taking: 'ktS' },
  uniq: { taking: 'fsw' },
  shuf: { taking: 'ni' },
  grep: search,
  egrep: search,
  fgrep: search,
  zgrep: search,
  rg: search,
  awk,
  gawk: awk,
  mawk: awk,
  sed: { taking: 'e', first: 'ef' },
  jq,
  yq: { first: '' },
};
const namesNone = new Set(['tr']);

/** @param args without the command's name */
export function fileWords(name: string, args: readonly Arg[]): Arg[] {
  if (namesNone.has(name)) return [];
  const { taking = '', long = {}, first } = (Object.hasOwn(byName, name) ? byName[name] : undefined) ?? {};
  const files: Arg[] = [];
  let isBrought = first === undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (!arg) break;
    const { text } = arg;
    if (!text.startsWith('-') || text === '-') {
      files.push(arg);
      continue;
    }
    const last = text.at(-1) ?? '';
    if (Object.hasOwn(long, text)) index += long[text] ?? 0;
    else if (/^-[A-Za-z]+$/u.test(text) && taking.includes(last)) {
      isBrought ||= first?.includes(last) === true;
      index += 1;
    }
  }
  return isBrought ? files : files.slice(1);
}
