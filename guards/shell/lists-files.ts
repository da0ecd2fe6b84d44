/**
 * Lists of file names that reach where secrets lie: all of a folder, hidden files too, or what stands in a file, handed to what
 * prints files. A list that is narrowed by names, such as `*.ts`, or that is only counted, is everybody's work. It follows what a
 * script shows, not what files there are.
 */
import { type Command, forEachChild, type ParameterExpansionPart, type SyntaxNode } from 'unbash';
import type { Handed } from './context.ts';
import { fitsSecretName } from './file-patterns.ts';
import { fileWords } from './file-words.ts';
import { reachesSecrets, secretsIn } from './find-tests.ts';
import { holdsSecrets } from './paths.ts';
import { isPrinter, isPrinting, searches } from './prints-files.ts';
import type { Scope } from './scope.ts';
import { wantsSecrets } from './searches-secrets.ts';
import { type Arg, outside, resolveText, resolveWord } from './words.ts';

/** By command: the options with which it lists hidden files too. */
const hiddenBy: Readonly<Record<string, RegExp>> = {
  ls: /^(?:-[A-Za-z1]*[aAf][A-Za-z1]*|--al[l]?.*)$/u,
  dir: /^(?:-[A-Za-z1]*[aAf][A-Za-z1]*|--al[l]?.*)$/u,
  du: /^(?:-[A-Za-z]*a[A-Za-z]*|--all)$/u,
  tree: /^-[A-Za-z]*a[A-Za-z]*$/u,
  fd: /^(?:-[A-Za-z0-9]*[Hu][A-Za-z0-9]*|--(?:hid|unr).*)$/u,
  fdfind: /^(?:-[A-Za-z0-9]*[Hu][A-Za-z0-9]*|--(?:hid|unr).*)$/u,
  rg: /^(?:-\.|-uu+|--hid.*|--unr.*)$/u,
  git: /^(?:-[a-z]*o[a-z]*|--oth.*)$/u,
};
/** Hand on the names that come in, as they are or with something around them. */
const handsOn = new Set(
  'sort head tail uniq tac shuf cat tee tr sed awk gawk mawk cut rev nl column grep egrep fgrep'.split(' '),
);

/** Print what their words say. */
const printsWords = new Set(['echo', 'printf', 'seq', 'yes']);
/** Print what somebody put into a database. */
const asksDatabase = new Set(['psql', 'mysql', 'mariadb', 'sqlite3', 'redis-cli', 'mongosh', 'xmllint', 'xmlstarlet']);
/** Make another text of the one that comes in. */
const rewrites = new Set('sed awk gawk mawk tr rev cut paste base64 base32 xxd openssl jq'.split(' '));

/** What it hands to the next command. @param fed what comes in */
export function handedOut(args: readonly Arg[], { folders }: Pick<Scope, 'folders'>, fed?: Handed): Handed | undefined {
  const [first, ...rest] = args;
  const name = nameOf(first);
  if (fed === 'list' && handsOn.has(name)) return !name.endsWith('grep') || mayPass(rest) ? 'list' : undefined;
  if (fed === 'text' && rewrites.has(name)) return 'list';
  if (printsWords.has(name) || (fed === 'text' && handsOn.has(name))) return 'text';
  if (name.endsWith('awk') && makesOwnText(rest)) return 'list';
  if (asksDatabase.has(name)) return 'list';
  if (isPrinter(name) && !searches.has(name)) return fileWords(name, rest).length > 0 ? 'list' : undefined;
  if (searches.has(name) && namesFound(name, rest)) return 'list';
  return listsSecrets(name, rest, folders) ? 'list' : undefined;
}

/** A search through files: of its lines, or of the files' names where every file fits or what fits has secrets in it. */
function namesFound(name: string, args: readonly Arg[]): boolean {
  const files = fileWords(name, args);
  const flags = args.filter(({ text }) => text.startsWith('-'));
  if (flags.some(({ text }) => text === '--files')) return false;
  if (!flags.some(({ text }) => /^-[A-Za-z]*[lL]|^--files/u.test(text))) return files.length > 0;
  const isDeep = !name.endsWith('grep') || flags.some(({ text }) => /^-[A-Za-z]*[rR]|^--(?:rec|deref)/u.test(text));
  const pattern = args.find(({ text }) => !text.startsWith('-'));
  return isDeep && pattern !== undefined && (!pattern.known || wantsSecrets(pattern.text));
}

/** An awk program that prints without reading anything. */
function makesOwnText(args: readonly Arg[]): boolean {
  return args.some(({ text }) => {
    const at = text.indexOf('BEGIN');
    return at >= 0 && text.includes('print', at);
  });
}

function listsSecrets(name: string, rest: readonly Arg[], folders: readonly string[]): boolean {
  if (name === 'find') return reachesSecrets(rest, folders) || secretsIn(rest, folders) !== undefined;
  const hidden = Object.hasOwn(hiddenBy, name) ? hiddenBy[name] : undefined;
  if (!hidden) return false;
  // It names what nobody has added yet, as `ls-files --others` does.
  if (name === 'git' && rest.some(({ text }) => text === 'status'))
    return !rest.some(({ text }) => /^(?:-uno|--untracked-files=no)$/u.test(text));
  if (name === 'git' && rest[0]?.text !== 'ls-files') return false;
  return rest.some(({ text, glob }) => hidden.test(text) || (name === 'ls' && holdsSecrets(text, glob, folders)));
}

/** What a `grep` leaves of a list. */
function mayPass(args: readonly Arg[]): boolean {
  if (args.some(({ text }) => /^-[A-Za-z]*v|^--inv/u.test(text))) return true;
  const pattern = args.find(({ text }) => !text.startsWith('-'));
  return !pattern?.known || fitsSecretName([{ text: pattern.text, how: 'search' }], ['./.env', './id_rsa']);
}

function nameOf(arg: Arg | undefined): string {
  return arg?.known ? arg.text.slice(arg.text.lastIndexOf('/') + 1) : '';
}

type Answers = WeakMap<SyntaxNode, boolean>;
/** Of loops within loops each would look through all that is in it again. */
const listing: Answers = new WeakMap();
const printing: Answers = new WeakMap();

/** In words no loop stands. */
const ofWords: ReadonlySet<SyntaxNode['type']> = new Set([
  'Word',
  'Literal',
  'SingleQuoted',
  'DoubleQuoted',
  'Glob',
  'SimpleExpansion',
  'ParameterExpansion',
]);

function once(answers: Answers, node: SyntaxNode, look: () => boolean): boolean {
  const known = answers.get(node);
  if (known !== undefined) return known;
  const found = look();
  answers.set(node, found);
  return found;
}

/** Whether a command that lists them stands in a part of a script: a substitution, a pipeline, a group. */
export function holdsList(node: SyntaxNode, scope: Scope): boolean {
  if (node.type === 'Word' && !node.parts) return false;
  return ofWords.has(node.type) ? lists(node, scope) : once(listing, node, () => lists(node, scope));
}

function lists(node: SyntaxNode, scope: Scope): boolean {
  if (node.type === 'Command') {
    // `$(< list)`
    if (!node.name) return node.redirects.some(readsFile) || node.prefix.some((part) => holdsList(part, scope));
    if (handedOut(wordsOf(node, scope), scope, fedBy(node)) === 'list') return true;
  }
  if (node.type === 'Pipeline') return narrowed(node, scope);
  // `@(.env|x)` is not read; it may be any file's name.
  if (node.type === 'ExtendedGlob') return true;
  if (node.type === 'SimpleExpansion') return scope.made.has(node.text.slice(1));
  if (node.type === 'ParameterExpansion' && isMade(node, scope)) return true;
  let found = false;
  forEachChild(node, (child) => {
    found ||= holdsList(child, scope);
  });
  return found;
}

function wordsOf({ name, args }: Extract<SyntaxNode, { type: 'Command' }>, scope: Scope): Arg[] {
  if (!name) return [];
  return [name, ...args].flatMap((word) => (word.type === 'Word' ? resolveWord(word, scope) : []));
}

/** What comes out of a pipeline: a list that a later command of it has not narrowed. */
function narrowed({ commands }: Extract<SyntaxNode, { type: 'Pipeline' }>, scope: Scope): boolean {
  let fed: Handed | undefined;
  for (const command of commands) {
    if (command.type === 'Command' && command.name)
      fed = handedOut(wordsOf(command, scope), scope, fedBy(command) ?? fed);
    else if (holdsList(command, scope)) fed = 'list';
  }
  return fed === 'list';
}

/** A text that stands behind it in the script, or a file's: whoever wrote that chose the names in it. */
function fedBy({ redirects }: Pick<Command, 'redirects'>): Handed | undefined {
  if (redirects.some(readsFile)) return 'list';
  return redirects.some(({ type }) => type === 'HereString' || type === 'HereDoc') ? 'text' : undefined;
}

/** `< list`. What is read from a device or a descriptor that is open already is no file of names. */
export function readsFile(node: SyntaxNode): boolean {
  return node.type === 'Redirect' && node.operator === '<' && !/^(?:\/dev\/|<\()/u.test(node.target?.text ?? '');
}

/** A name that was put together, or is cut out of a text of the script's own: `${x%XXX}`. */
function isMade({ parameter, operation }: ParameterExpansionPart, scope: Scope): boolean {
  if (scope.made.has(parameter)) return true;
  const cuts = operation !== undefined && ['Remove', 'Replace', 'Slice', 'CaseModification'].includes(operation.type);
  const value = cuts ? scope.find(parameter) : undefined;
  return typeof value === 'string' && !value.includes(outside);
}

/** Read nothing out of what is put into them but a number. */
const counts = new Set(['wc', 'md5sum', 'sha1sum', 'sha256sum', 'sha512sum', 'cksum', 'b2sum']);

/** Whether the body of a loop prints files whose names are known only when it runs. */
export function printsInside(node: SyntaxNode, scope: Scope): boolean {
  if (node.type === 'Word' && !node.parts) return false;
  return ofWords.has(node.type) ? prints(node, scope) : once(printing, node, () => prints(node, scope));
}

/** Of wrappers and shells the words are anybody's. */
function printsUnknown([first, ...rest]: readonly Arg[]): boolean {
  return fileWords(nameOf(first), rest).some(({ known }) => !known);
}

function prints(node: SyntaxNode, scope: Scope): boolean {
  if (node.type === 'Command') {
    const words = wordsOf(node, scope);
    if (isPrinting(words) && printsUnknown(words)) return true;
    if (counts.has(nameOf(words[0]))) return false;
  }
  if (node.type === 'Redirect' && node.operator === '<' && node.target)
    return !resolveText(node.target.parts, node.target.value, scope).known;
  let found = false;
  forEachChild(node, (child) => {
    found ||= printsInside(child, scope);
  });
  return found;
}
