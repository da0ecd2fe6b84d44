/**
 * Whether a substitution prints a number and nothing else, whatever is in the files it looks at: `$(wc -l < f)`, `$(date +%s)`; a
 * name of the machine's; or the folder it works in.
 * Only of commands whose every word is known; all else may print what somebody chose.
 */
import type { CommandArgument, ParsedScript, SyntaxNode } from 'unbash';
import type { Scope } from './scope.ts';

type Print = (words: readonly string[]) => boolean;

/** By the last command of a pipeline, because that prints. With a name beside the number it is none. */
const printers: Readonly<Record<string, Print>> = {
  nproc: (words) => words.length === 0,
  wc: (words) => words.length > 0 && words.every((word) => /^-[lcwm]$/u.test(word)),
  date: (words) =>
    words.some((word) => /^\+(?:%-?[sYmdHMSjuw])+$/u.test(word)) && !words.some((word) => /^(?:-f|--f)/u.test(word)),
  stat: (words) =>
    /^(?:-c|--format=)%[sYXZhibBaug]$/u.test(words[0] === '-c' ? `-c${words[1] ?? ''}` : (words[0] ?? '')) &&
    !words.slice(1).some((word, at) => word.startsWith('-') && !(at === 0 && words[0] === '-c')),
  id: (words) => words.length === 1 && /^-[ug]$/u.test(words[0] ?? ''),
  pgrep: (words) => words.some((word) => /^(?:-c|--count)$/u.test(word)) && words.length <= 2,
  grep: (words) => {
    const options = words.filter((word) => word.startsWith('-'));
    return (
      options.length > 0 &&
      options.every((word) => /^-[ciEFvwx]+$/u.test(word)) &&
      options.join('').includes('c') &&
      words.length - options.length <= 2
    );
  },
  tr: (words) =>
    words.length === 2 && /^-(?:dc|cd)$/u.test(words[0] ?? '') && /^(?:0-9|\[:digit:\])(?:\\n)?$/u.test(words[1] ?? ''),
};

/** One word without blanks, signs of patterns or a dash in front, that nobody chooses who does not have the machine. */
const naming: Readonly<Record<string, Print>> = {
  uname: (words) => words.length === 1 && /^-[rsmn]$/u.test(words[0] ?? ''),
  hostname: (words) => words.length === 0 || (words.length === 1 && words[0] === '-s'),
  whoami: (words) => words.length === 0,
  arch: (words) => words.length === 0,
  id: (words) => words.length === 1 && /^-(?:un|gn)$/u.test(words[0] ?? ''),
  date: (words) =>
    /^\+(?:%[YmdHMSFTsjy]|[\w.:-])+$/u.test(words.at(-1) ?? '') &&
    (words.length === 1 || (words.length === 3 && words[0] === '-d') || (words.length === 2 && words[0] === '-u')),
};

/** @param scope may know a function of the command's name */
export function printsNumber(script: ParsedScript | undefined, scope: Scope): boolean {
  return printsBy(printers, script, scope);
}

/** `/lib/modules/$(uname -r)`: one word, also where no quotes are around it. It is no number. */
export function printsName(script: ParsedScript | undefined, scope: Scope): boolean {
  const only = script?.commands[0]?.command;
  return only?.type === 'Command' && only.redirects.length === 0 && printsBy(naming, script, scope);
}

function printsBy(known: Readonly<Record<string, Print>>, script: ParsedScript | undefined, scope: Scope): boolean {
  const [statement, ...more] = script?.commands ?? [];
  if (!statement || more.length > 0 || (script?.errors?.length ?? 0) > 0) return false;
  const last: SyntaxNode | undefined =
    statement.command.type === 'Pipeline' ? statement.command.commands.at(-1) : statement.command;
  if (last?.type !== 'Command' || last.prefix.length > 0 || !last.name || last.name.parts) return false;
  const name = last.name.value;
  const print = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!print || scope.find(`${name}()`) !== undefined) return false;
  const words = last.args.map(knownWord);
  return words.every((word) => word !== undefined) && print(words.filter((word) => word !== undefined));
}

/** `$(pwd)`: what `$PWD` holds, and as little an option. @param scope may know a function of that name */
export function printsFolder(script: ParsedScript | undefined, scope: Scope): boolean {
  const [statement, ...more] = script?.commands ?? [];
  const only = statement?.command;
  if (more.length > 0 || (script?.errors?.length ?? 0) > 0 || only?.type !== 'Command' || only.name?.value !== 'pwd')
    return false;
  const isPlain = only.prefix.length === 0 && only.redirects.length === 0 && !only.name.parts;
  return isPlain && only.args.every((word) => /^-[LP]$/u.test(word.text)) && scope.find('pwd()') === undefined;
}

function knownWord(argument: CommandArgument): string | undefined {
  if (argument.type !== 'Word') return undefined;
  const { parts, value } = argument;
  const isKnown = (parts ?? []).every(
    (part) =>
      part.type === 'Literal' ||
      part.type === 'SingleQuoted' ||
      (part.type === 'DoubleQuoted' && part.parts.every(({ type }) => type === 'Literal')),
  );
  return isKnown ? value : undefined;
}
