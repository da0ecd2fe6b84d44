/**
 * A word of a script as the command will get it, as far as its text shows that. What only the run would show is a hole in
 * it, and whoever reads the word knows that it is there. It expands nothing that it cannot expand for certain.
 */
import type { DoubleQuotedChild, ParameterExpansionPart, Word, WordPart } from 'unbash';
import { expandBraces } from './expand-braces.ts';
import { printsFolder, printsName, printsNumber } from './prints-number.ts';
import type { Scope } from './scope.ts';
import { namesASecret } from './secret-names.ts';

/** Stands for text that the script's author may have chosen. No text for people has this code point, nor the next one. */
export const hole = '\uFDD0';
/** Stands for text from the environment, such as a variable that the script never sets. */
export const outside = '\uFDD1';

export interface Arg {
  /** With holes. */
  readonly text: string;
  /** No holes and no patterns: exactly this text. */
  readonly known: boolean;
  /** May become several words, or none. */
  readonly loose: boolean;
  /** Its beginning is not known, so it may be an option. */
  readonly mayBeOption: boolean;
  /** Holds an unquoted pattern that file names fill. */
  readonly glob: boolean;
  /** Holds a variable of the environment that is called like a secret, or one of any name. */
  readonly secret?: boolean;
  /** Less than all of a secret: that it is empty says what the secret begins or ends with. */
  readonly cut?: boolean;
}

interface Field {
  text: string;
  loose: boolean;
  glob: boolean;
  globFirst: boolean;
  quoted: boolean;
  secret: boolean;
  cut: boolean;
  /** Begins with a name of the machine's. */
  nameFirst: boolean;
}

const numbers = new Set([
  '?',
  '$',
  '#',
  '!',
  'RANDOM',
  'SECONDS',
  'LINENO',
  'UID',
  'EUID',
  'PPID',
  'EPOCHSECONDS',
  'BASHPID',
]);
/** Set by the shell from what the script does: an author chooses their values without an assignment. */
export const setByShell =
  /^(?:[0-9@*_-]+|BASH_.*|REPLY|OPTARG|MAPFILE|COPROC|DIRSTACK|FUNCNAME|PIPESTATUS|READLINE_.*|COMP.*)$/u;
const usual: Readonly<Record<string, string>> = { HOME: '~', PWD: '.', TMPDIR: '/tmp', IFS: ' \t\n' };

export function literal(text: string): Arg {
  return { text, known: true, loose: false, mayBeOption: false, glob: false };
}

/** Of a word that becomes several, such as an unquoted variable with blanks in it, each. */
export function resolveWord(word: Word, scope: Scope): Arg[] {
  const { parts } = word;
  if (!parts) return [literal(word.value)];
  const args: Arg[] = [];
  for (const one of expandBraces(parts)) {
    const fields: Field[] = [];
    append(fields, one, scope);
    for (const field of fields) args.push(toArg(field));
  }
  return args;
}

/** The text as one word, such as of an assignment or a here-document, where nothing is split. */
export function resolveText(parts: readonly WordPart[] | undefined, value: string, scope: Scope): Arg {
  if (!parts) return literal(value);
  const field = newField();
  for (const part of parts) join(field, part, scope);
  return toArg(field);
}

function newField(): Field {
  return {
    text: '',
    loose: false,
    glob: false,
    globFirst: false,
    quoted: false,
    secret: false,
    cut: false,
    nameFirst: false,
  };
}

function toArg({ text, loose, glob, globFirst, secret, cut, nameFirst }: Field): Arg {
  const known = !glob && !text.includes(hole) && !text.includes(outside);
  const mayBeOption = loose || globFirst || (text.startsWith(hole) && !nameFirst);
  return { text, known, loose, glob, mayBeOption, ...(secret ? { secret } : {}), ...(cut ? { cut } : {}) };
}

function append(fields: Field[], parts: readonly WordPart[], scope: Scope): void {
  let current: Field | undefined;
  const field = (): Field => {
    if (!current) {
      current = newField();
      fields.push(current);
    }
    return current;
  };
  for (const part of parts) {
    if (part.type === 'SimpleExpansion' || part.type === 'ParameterExpansion') {
      const { text, splits, secret = false, cut = false } = expand(part, scope);
      const pieces = text.split(/[ \t\n]+/u);
      pieces.forEach((piece, index) => {
        if (index > 0) current = undefined;
        if (piece === '') return;
        const target = field();
        if (/[*?[]/u.test(piece)) {
          target.glob = true;
          target.globFirst ||= target.text === '';
        }
        target.text += piece;
        target.secret ||= secret;
        target.cut ||= cut;
        // An unquoted value that the author may choose becomes as many words as it likes.
        target.loose ||= splits;
      });
      continue;
    }
    if (part.type === 'CommandExpansion' && !printsFolder(part.script, scope) && !printsName(part.script, scope))
      field().loose = true;
    join(field(), part, scope);
  }
}

function join(field: Field, part: WordPart | DoubleQuotedChild, scope: Scope): void {
  switch (part.type) {
    case 'Literal':
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      field.text += part.value;
      return;
    case 'DoubleQuoted':
    case 'LocaleString':
      for (const child of part.parts) join(field, child, scope);
      return;
    case 'Glob':
      field.glob = true;
      field.globFirst ||= field.text === '';
      field.text += part.text;
      return;
    case 'SimpleExpansion':
    case 'ParameterExpansion': {
      const { text, many, secret = false, cut = false } = expand(part, scope);
      field.text += text;
      field.secret ||= secret;
      field.cut ||= cut;
      field.loose ||= many;
      return;
    }
    case 'ArithmeticExpansion':
      field.text += outside;
      return;
    case 'ProcessSubstitution':
      // A path such as /dev/fd/63.
      field.text += field.text === '' ? '/dev/fd/' + outside : outside;
      return;
    case 'CommandExpansion':
      field.nameFirst ||= field.text === '' && printsName(part.script, scope);
      field.text += printsFolder(part.script, scope) ? '.' : printsNumber(part.script, scope) ? outside : hole;
      return;
    case 'BraceExpansion':
    case 'ExtendedGlob':
      field.text += hole;
      field.loose = true;
      return;
  }
}

interface Expansion {
  text: string;
  /** Unquoted, it may become several words. */
  splits: boolean;
  /** Even quoted, it may become several words: `"$@"`. */
  many: boolean;
  /** Of the environment, and called like a secret. */
  secret?: boolean;
  cut?: boolean;
}

function expand(part: Extract<WordPart, { type: 'SimpleExpansion' | 'ParameterExpansion' }>, scope: Scope): Expansion {
  if (part.type === 'SimpleExpansion') return valueOf(part.text.slice(1), scope);
  const { parameter, prefix, index, operation } = part;
  if (prefix === '#') return plain(outside);
  const all = parameter === '@' || parameter === '*' || index?.text === '@' || index?.text === '*';
  // `${!name}` is the variable that is named there: any. `${!AWS*}` are their names, which lead there.
  const secret = prefix === '!' && !index;
  if (prefix === '!' || index) return { text: hole, splits: true, many: all, secret };
  if (!operation) return valueOf(parameter, scope);
  return expandWith(part, operation, scope);
}

function expandWith(
  { parameter }: ParameterExpansionPart,
  operation: NonNullable<ParameterExpansionPart['operation']>,
  scope: Scope,
): Expansion {
  // `${TOKEN:+set}` shows another text.
  const replaced = operation.type === 'Default' && operation.operator.endsWith('+');
  const secret = !replaced && namesASecret(parameter);
  const cut = secret && operation.type !== 'Default';
  const unsure = { text: hole, splits: true, many: parameter === '@' || parameter === '*', secret, cut };
  if (operation.type !== 'Default' || scope.find(parameter) !== undefined) return unsure;
  const operand = resolveText(operation.operand.parts, operation.operand.value, scope);
  if (!['-', ':-', '=', ':='].includes(operation.operator) || setByShell.test(parameter)) return unsure;
  return { text: operand.text, splits: !operand.known, many: false, secret: secret || operand.secret === true };
}

function valueOf(name: string, scope: Scope): Expansion {
  if (numbers.has(name)) return plain(outside);
  const found = scope.find(name);
  // Also where the script sets it: an assignment may come later, in a branch that is not taken, or for one command alone.
  const secret = namesASecret(name);
  if (found === undefined && !setByShell.test(name)) return { ...plain(usual[name] ?? outside), secret };
  if (typeof found === 'string') return { ...plain(found), secret };
  return { text: hole, splits: true, many: name === '@' || name === '*', secret };
}

function plain(text: string): Expansion {
  return { text, splits: false, many: false };
}
