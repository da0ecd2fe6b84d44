/**
 * Which variables a script sets, and to what. A name that is set once to a text that is known has that text; one that is set
 * otherwise has a value that its author chooses; one that is never set comes from the environment.
 */
import { type Assignment, forEachChild, type SyntaxNode, type Word } from 'unbash';
import { holdsList, readsFile } from './lists-files.ts';
import { printsNumber } from './prints-number.ts';
import { startsTrace } from './traced-secrets.ts';
import { outside, resolveText } from './words.ts';

const numeric = new RegExp(`^(?:-?\\d+|${outside})$`, 'u');

export interface Scope {
  /** A text; null: anything; undefined: the script never sets it. */
  find(name: string): string | null | undefined;
  /** That the script changes to, at any time: what it reads may be in any of them. */
  readonly folders: readonly string[];
  /** Variables whose text is put together in pieces, by a list of files or by what a file says: names of anything. */
  readonly made: ReadonlySet<string>;
  /** Each command is shown before it runs, with the values of its variables. */
  readonly traced: boolean;
}

/** Of a script; more would be work for each of its words. */
export const mostFolders = 16;

/** `$_` is the last word of the command before. */
export const emptyScope: Scope = { find: () => undefined, folders: [], made: new Set(['_']), traced: false };

/** @param root looked through as a whole, because a loop runs what stands below before what stands above. */
export function scopeOf(root: SyntaxNode, parent: Scope): Scope {
  const values = new Map<string, string | null>();
  const folders = [...parent.folders];
  const made = new Set(parent.made);
  const scope = {
    find: (name: string) => (values.has(name) ? values.get(name) : parent.find(name)),
    folders,
    made,
    traced: parent.traced,
  };
  const note = (name: string, value: string | null): void => {
    const before = scope.find(name);
    // Counters are set again and again, and stay numbers.
    const isNumber =
      value !== null && numeric.test(value) && (before === undefined || (before !== null && numeric.test(before)));
    values.set(name, isNumber ? (before === undefined ? value : outside) : before === undefined ? value : null);
  };
  // Whose text was taken for a command's number, which a function of that name could print otherwise.
  const byCommand: string[] = [];
  let hasFunctions = false;
  visit(root, (node) => {
    if (node.type === 'Assignment') {
      if (node.value.type === 'Word' && isNumberOfCommand(node.value, scope)) byCommand.push(node.name);
      if (node.value.type === 'Word' && ((node.append && !node.index) || holdsList(node.value, scope)))
        made.add(node.name);
      note(node.name, textOf(node, scope));
    } else if (node.type === 'For' || node.type === 'Select') note(node.name.value, loopValue(node, scope));
    else if (
      node.type === 'ParameterExpansion' &&
      node.operation?.type === 'Default' &&
      /=/u.test(node.operation.operator)
    ) {
      note(node.parameter, null);
    } else if (node.type === 'ArithmeticWord') {
      const name = /^[A-Za-z_]\w*/u.exec(node.value)?.[0];
      // `((name++))`; what is read here and never set is left as it is.
      if (name && values.has(name)) note(name, outside);
    } else if (node.type === 'Function') {
      hasFunctions = true;
      note(`${node.name.value}()`, null);
    } else if (node.type === 'Command') {
      noteBuiltin(node.name, node.args, note);
      scope.traced ||= startsTrace(node);
      if (node.redirects.some(readsFile) && keepsInput.has(node.name?.text ?? ''))
        for (const { text } of node.args) made.add(text);
      noteFolder(node, scope, folders);
    }
  });
  if (hasFunctions) for (const name of byCommand) values.set(name, null);
  return scope;
}

/** Variables that a process started by the script gets besides. */
export function withVariables(parent: Scope, variables: ReadonlyMap<string, string | null>): Scope {
  if (variables.size === 0) return parent;
  return { ...parent, find: (name) => (variables.has(name) ? variables.get(name) : parent.find(name)) };
}

/** As deep as the parser goes, which is bounded. */
function visit(node: SyntaxNode, see: (node: SyntaxNode) => void): void {
  if (node.type === 'Word' && node.parts === undefined) return;
  see(node);
  forEachChild(node, (child) => visit(child, see));
}

function textOf({ value, append, index }: Assignment, scope: Scope): string | null {
  if (append || index || value.type === 'ArrayValue') return null;
  if (value.parts?.length === 1 && value.parts[0]?.type === 'ArithmeticExpansion') return outside;
  if (isNumberOfCommand(value, scope)) return outside;
  const { text, known, loose } = resolveText(value.parts, value.value, scope);
  return known && !loose ? text : null;
}

/** `$(wc -l < f)`, also in quotes. */
function isNumberOfCommand({ parts }: Word, scope: Scope): boolean {
  const [part, ...more] = parts ?? [];
  const inner = part?.type === 'DoubleQuoted' && part.parts.length === 1 ? part.parts[0] : part;
  return more.length === 0 && inner?.type === 'CommandExpansion' && printsNumber(inner.script, scope);
}

/** Over words that cannot be options the variable is none either; what else it is does not matter. */
function loopValue(node: Extract<SyntaxNode, { type: 'For' | 'Select' }>, scope: Scope): string | null {
  const words = node.wordlist;
  if (node.type === 'Select' || !words) return null;
  const sure = words.every((word) => {
    if (/^(?:\{-?\d+\.\.-?\d+\}|\$\(seq [\d\s]+\)|`seq [\d\s]+`)$/u.test(word.text)) return true;
    const { text, loose, mayBeOption } = resolveText(word.parts, word.value, scope);
    return !loose && !mayBeOption && !text.startsWith('-') && /^[\w./~*?-]+$/u.test(text) && !/^[*?[]/u.test(text);
  });
  return sure ? outside : null;
}

/** The last one runs a text that may. What `eval` runs is asked about. */
const changesFolder = new Set(['cd', 'pushd', 'trap']);

/** `cd /etc`: a path without a root may be below it, and below each of those before. One too many shows in their number. */
function noteFolder({ name, args }: Extract<SyntaxNode, { type: 'Command' }>, scope: Scope, folders: string[]): void {
  if (!name || (!name.parts && !changesFolder.has(name.value) && !wrappers.has(name.value))) return;
  const plain = [name, ...args].flatMap((word) =>
    word.type === 'Word' ? [resolveText(word.parts, word.value, scope).text] : [],
  );
  const [command = '', ...words] = plain.slice(plain.findIndex((text) => !wrappers.has(text)));
  if (!changesFolder.has(command)) return;
  const named =
    command === 'trap'
      ? Array.from((words[0] ?? '').matchAll(/\b(?:cd|pushd)\s+([^\s;&|]+)/gu), ([, to = '']) =>
          to.replaceAll(/["'\\]/gu, ''),
        )
      : [words.find((text) => !/^-./u.test(text)) ?? '~'];
  for (const to of named) {
    const below = /^[/~]/u.test(to) ? [] : folders.map((folder) => `${folder}/${to}`);
    for (const one of [to, ...below]) if (folders.length <= mostFolders && !folders.includes(one)) folders.push(one);
  }
}

const setters = new Set([
  'read',
  'mapfile',
  'readarray',
  'getopts',
  'printf',
  'declare',
  'typeset',
  'local',
  'export',
  'readonly',
  'let',
  'unset',
  'wait',
]);

/** Keep what comes in. */
export const keepsInput: ReadonlySet<string> = new Set(['read', 'mapfile', 'readarray']);
/** Set what their words name, as the command behind them does. */
const wrappers = new Set(['builtin', 'command']);

interface CommandWord {
  readonly type: string;
  readonly text: string;
  /** Without its quotes; of an assignment something else. */
  readonly value?: unknown;
}

function noteBuiltin(
  name: CommandWord | undefined,
  args: readonly CommandWord[],
  note: (name: string, value: string | null) => void,
): void {
  if (!name) return;
  const plain = typeof name.value === 'string' ? name.value : name.text;
  if (wrappers.has(plain)) {
    const at = args.findIndex(({ text }) => !text.startsWith('-'));
    return at < 0 ? undefined : noteBuiltin(args[at], args.slice(at + 1), note);
  }
  // A name from a variable may be any of them, and what a trap does is done between any two commands.
  const isUnsure = /[$`]/u.test(name.text) || plain === 'trap';
  if (!isUnsure && !setters.has(plain)) return;
  for (const { type, text, value } of args) {
    // Names as such, and glued to an option as in `printf -vNAME` or behind `let`; also in quotes that spell them.
    if (type !== 'Word') continue;
    // What `printf` prints is not what it sets.
    const names = isUnsure || plain === 'printf' ? /(?<![$\w{])[A-Za-z_]\w*/gu : /[A-Za-z_]\w*/gu;
    for (const [found] of `${text} ${String(value)}`.matchAll(names)) {
      // It sets numbers, and is judged where it stands.
      note(found, plain === 'let' ? outside : null);
      if (text.startsWith('-') && found.length > 1) note(found.slice(1), null);
    }
  }
}
