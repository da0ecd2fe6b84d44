/**
 * Lists of file names that reach where secrets lie: all of a folder, hidden files too, handed to what prints files. A list that is
 * narrowed by names, such as `*.ts`, or that is only counted, is everybody's work. It follows what a script shows, not what files there are.
 */
import { forEachChild, type SyntaxNode } from 'unbash';
import { fitsSecretName } from './file-patterns.ts';
import { reachesSecrets, secretsIn } from './find-tests.ts';
import { holdsSecrets } from './paths.ts';
import { isPrinting } from './prints-files.ts';
import type { Scope } from './scope.ts';
import { type Arg, resolveText, resolveWord } from './words.ts';

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

/** @param isFed names come in that are such a list */
export function listsSecrets(args: readonly Arg[], { folders }: Pick<Scope, 'folders'>, isFed = false): boolean {
  const [first, ...rest] = args;
  const name = nameOf(first);
  if (isFed && handsOn.has(name)) return !name.endsWith('grep') || mayPass(rest);
  if (name === 'find') return reachesSecrets(rest, folders) || secretsIn(rest, folders) !== undefined;
  const hidden = Object.hasOwn(hiddenBy, name) ? hiddenBy[name] : undefined;
  if (!hidden || (name === 'git' && rest[0]?.text !== 'ls-files')) return false;
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
    if (listsSecrets(wordsOf(node, scope), scope)) return true;
  }
  if (node.type === 'Pipeline') return narrowed(node, scope);
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
  let isFed = false;
  for (const command of commands) {
    if (command.type === 'Command' && command.name) isFed = listsSecrets(wordsOf(command, scope), scope, isFed);
    else isFed ||= holdsList(command, scope);
  }
  return isFed;
}

/** Read nothing out of what is put into them but a number. */
const counts = new Set(['wc', 'md5sum', 'sha1sum', 'sha256sum', 'sha512sum', 'cksum', 'b2sum']);

/** Whether the body of a loop prints files whose names are known only when it runs. */
export function printsInside(node: SyntaxNode, scope: Scope): boolean {
  if (node.type === 'Word' && !node.parts) return false;
  return ofWords.has(node.type) ? prints(node, scope) : once(printing, node, () => prints(node, scope));
}

function prints(node: SyntaxNode, scope: Scope): boolean {
  if (node.type === 'Command') {
    const words = wordsOf(node, scope);
    if (words.some(({ known }) => !known) && isPrinting(words)) return true;
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
