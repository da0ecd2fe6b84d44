/**
 * Reads a command's words as options and operands, the way getopt does: joined short options, values glued or apart, long
 * options cut short. Where it cannot tell it says so, and its caller asks.
 */
import type { Arg } from './words.ts';

export interface OptionGrammar {
  /** Options that take a value, which may stand apart. */
  readonly values: ReadonlySet<string>;
  /** The first operand ends the options, as before a command that is run. */
  readonly posix: boolean;
  /** `-name` is one option, not five letters. */
  readonly singleDash: boolean;
  /** A first word without a dash is joined letters, as in `tar xf`. */
  readonly oldStyle: boolean;
}

export interface GivenOption {
  /** With its dashes. */
  readonly name: string;
  readonly value: Arg | undefined;
}

export interface SplitWords {
  readonly options: readonly GivenOption[];
  readonly operands: readonly Arg[];
  /** A word that may be an option or several words stands where options are read. */
  readonly unsure: boolean;
  /** Words from the first operand on, as they were. */
  readonly rest: readonly Arg[];
}

export function splitWords(args: readonly Arg[], grammar: OptionGrammar): SplitWords {
  const options: GivenOption[] = [];
  const operands: Arg[] = [];
  let unsure = false;
  let index = 0;
  const takeValue = (name: string, glued: Arg | undefined): void => {
    if (glued) return void options.push({ name, value: glued });
    index += 1;
    options.push({ name, value: args[index] });
    unsure ||= args[index]?.loose ?? false;
  };
  for (; index < args.length; index++) {
    const arg = args[index];
    if (!arg) break;
    const { text } = arg;
    if (index === 0 && grammar.oldStyle && !text.startsWith('-')) {
      index += readOldStyle(args, grammar, options);
      continue;
    }
    if (text === '--' && arg.known) {
      operands.push(...args.slice(index + 1));
      index += 1;
      break;
    }
    if (!text.startsWith('-') || text === '-') {
      unsure ||= arg.mayBeOption;
      if (grammar.posix) {
        operands.push(...args.slice(index));
        break;
      }
      operands.push(arg);
      continue;
    }
    unsure ||= arg.loose;
    if (text.startsWith('--') || grammar.singleDash) {
      const at = text.indexOf('=');
      const name = at < 0 ? text : text.slice(0, at);
      if (at < 0 && takesValue(grammar, name)) takeValue(name, undefined);
      else options.push({ name, value: at < 0 ? undefined : part(arg, at + 1) });
      continue;
    }
    for (let letter = 1; letter < text.length; letter++) {
      const name = `-${text[letter]}`;
      if (grammar.values.has(name)) {
        takeValue(name, letter + 1 < text.length ? part(arg, letter + 1) : undefined);
        break;
      }
      options.push({ name, value: letter + 1 < text.length ? part(arg, letter + 1) : undefined });
    }
  }
  return { options, operands, unsure, rest: grammar.posix ? operands : args };
}

/** Whether an option as given is the one of the tables: long ones may be cut short. */
export function isOption(given: string, known: string): boolean {
  return given === known || (given.startsWith('--') && given.length > 2 && known.startsWith(given));
}

function takesValue({ values, singleDash }: OptionGrammar, name: string): boolean {
  if (values.has(name)) return true;
  if (singleDash) return false;
  // A shortened long option takes one only if every option that it may stand for does; else its value is read as an operand.
  if (name.length > 3) for (const value of values) if (value.startsWith(name) && value.startsWith('--')) return true;
  return false;
}

/** `tfI archive program`: values follow in the order of their letters. @returns how many words are values */
function readOldStyle([letters, ...following]: readonly Arg[], grammar: OptionGrammar, options: GivenOption[]): number {
  let taken = 0;
  for (const letter of letters?.text ?? '') {
    const name = `-${letter}`;
    options.push({ name, value: grammar.values.has(name) ? following[taken++] : undefined });
  }
  return taken;
}

export function part(arg: Arg, from: number): Arg {
  return { ...arg, text: arg.text.slice(from), mayBeOption: false };
}
